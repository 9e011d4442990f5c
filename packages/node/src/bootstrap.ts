/** Dialled where no peer is configured. */
export const BOOTSTRAP = "/dns4/peer.sporemesh.com/tcp/7470"
