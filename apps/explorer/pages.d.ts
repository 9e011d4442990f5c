/** Folder of the built pages, as `createApi` takes its path for `explorerDir`. */
export const PAGES: URL
