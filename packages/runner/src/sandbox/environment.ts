/**
 * The environment variables of a job: nothing of the host's, and what makes runs repeatable. One thread per numeric
 * library, since sums of floats depend on how they are split.
 */
export function jobEnvironment(init: {
  path: readonly string[]
  home: string
  env: Readonly<Record<string, string>>
}): Record<string, string> {
  return {
    PATH: init.path.join(":"),
    HOME: init.home,
    TMPDIR: init.home,
    USER: "spore",
    LOGNAME: "spore",
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
    PYTHONHASHSEED: "0",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUNBUFFERED: "1",
    OMP_NUM_THREADS: "1",
    OPENBLAS_NUM_THREADS: "1",
    MKL_NUM_THREADS: "1",
    CUBLAS_WORKSPACE_CONFIG: ":4096:8",
    SOURCE_DATE_EPOCH: "0",
    ...init.env,
  }
}
