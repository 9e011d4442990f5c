/** Why the operator refused or gave up; each is fit for a metric label. */
export type OperatorErrorCode =
  /** The channel does not answer, or broke off; a later try may do. */
  | "channel_unreachable"
  /** Its metadata are in order, and what they name cannot be had: a mirror that is not whole, or that holds back. */
  | "channel_incomplete"
  /** Too slow, or more bytes than its metadata may have. */
  | "channel_abusive"
  /** Signatures below threshold, unknown keys, versions that went back, files that do not match: an attack or a mistake. */
  | "channel_untrusted"
  /** All signatures hold, but what they say is too old: a frozen channel, or this machine's clock. */
  | "channel_expired"
  /** A release that this program cannot or may not take: its form, an instruction it does not know, its Node.js. */
  | "release_refused"
  /** It was tried here and did not work, or the user went back from it. */
  | "version_refused"
  | "version_missing"
  /** An installed version lacks files. */
  | "version_damaged"
  /** Another process is changing the installed versions. */
  | "versions_busy"
  /** The folder cannot be written. */
  | "versions_read_only"
  | "disk_full"
  | "nothing_to_roll_back"
  /** The trial ended with the version before it. */
  | "trial_failed"
  /** The folder is another process's. */
  | "already_claimed"
