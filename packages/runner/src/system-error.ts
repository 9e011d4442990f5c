/** Whether the operating system refused something, as by ENOSPC or EACCES. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error
}
