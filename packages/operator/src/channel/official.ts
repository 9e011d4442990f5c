/** Where the releases of Spore are published; written to `config.toml` of a new data folder. */
export const OFFICIAL_CHANNEL: string = "https://releases.sporemesh.com/stable/"
