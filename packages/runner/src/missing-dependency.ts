/** A program or library that code asked for and this machine lacks. */
export interface MissingDependency {
  name: string
  /** The line that installs it, to be shown to people; never run. */
  install: string
}

/** What a failed program's output says is missing; null where it names nothing. */
export function missingDependency(output: string): MissingDependency | null {
  const [, python] = /ModuleNotFoundError: No module named '([A-Za-z_][\w.]*)'/.exec(output) ?? []
  if (python === undefined) return null
  const [name = python] = python.split(".")
  return { name, install: `pip install ${name}` }
}
