/** Folder of the built pages. */
export const PAGES = new URL("./dist/", import.meta.url)
