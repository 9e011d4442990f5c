/** What publint and attw may say of every package, by code, and why that is as it should be. */
export const ACCEPTED: Readonly<Record<string, string>> = {
  "NoResolution in node10": "no Node.js that runs these packages resolves without `exports`",
  "CJSResolvesToESM in node16-cjs": "the packages are ES modules alone, which Node.js from 22.12 on requires too",
}
