/** A user id that Linux distributions leave unused: jobs run under it when this process is root. */
export const SPARE_UID = 60907
