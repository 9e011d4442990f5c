import { COPY_POLICY } from "../security.ts"

/**
 * The explorer's page for a copy: it works below any path, says where the data is, and carries the policy that a node
 * sends as a header.
 *
 * @param html the page as it was built, with relative addresses
 */
export function copyPage(html: string): string {
  const tags = [
    `<meta http-equiv="Content-Security-Policy" content="${COPY_POLICY}" />`,
    `<meta name="referrer" content="no-referrer" />`,
    `<meta name="spore-copy" content="data/" />`,
  ]
  const page = html.replace(/<noscript>.*?<\/noscript>/s, "<noscript>This copy is shown by JavaScript.</noscript>")
  return page.replace(/<meta charset="utf-8" \/?>/, (charset) => `${charset}\n    ${tags.join("\n    ")}`)
}
