/** A key, or several in a row: `?`, `ArrowDown`, `g t`. As `KeyboardEvent.key` names them, with spaces between. */
export interface KeyBinding {
  readonly key: string
  /** What it does, for the help. */
  readonly label: string
  /** Left out where the key is handled elsewhere, in a chart that has the focus: then it is only listed. */
  readonly run?: () => void
}

/** A page's keys come before those of its frame. */
export type KeyScope = "page" | "everywhere"

export interface KeySet {
  readonly scope: KeyScope
  readonly bindings: readonly KeyBinding[]
}

/** The keys that work at the moment. */
export interface Keys {
  /** Sets what `owner` handles, in place of what it did before. */
  set(owner: object, keys: KeySet): void
  delete(owner: object): void
  /** Those of a scope, each key once, as they were set. */
  list(scope: KeyScope): KeyBinding[]
  /** Takes a key that was pressed; whether something was done, or waits for the rest of a sequence. */
  press(key: string, at: number): boolean
}

/** The keys of a sequence follow each other within this. */
const SEQUENCE_MS = 1500

export function createKeys(): Keys {
  const sets = new Map<object, KeySet>()
  let begun = ""
  let begunAt = -Infinity

  /** The newest handler of a page, else of the frame. */
  function find(sequence: string): KeyBinding | undefined {
    const handled = (scope: KeyScope): KeyBinding | undefined =>
      bindingsOf(scope).findLast(({ key, run }) => key === sequence && run !== undefined)
    return handled("page") ?? handled("everywhere")
  }

  function bindingsOf(scope: KeyScope): KeyBinding[] {
    return [...sets.values()].filter((each) => each.scope === scope).flatMap(({ bindings }) => bindings)
  }

  function begins(sequence: string): boolean {
    return [...sets.values()].some(({ bindings }) => bindings.some(({ key }) => key.startsWith(`${sequence} `)))
  }

  function take(sequence: string, at: number): boolean {
    const binding = find(sequence)
    const isBeginning = binding === undefined && begins(sequence)
    begun = isBeginning ? sequence : ""
    begunAt = at
    binding?.run?.()
    return binding !== undefined || isBeginning
  }

  return {
    set: (owner, keys) => void sets.set(owner, keys),
    delete: (owner) => void sets.delete(owner),
    list: (scope) => [...new Map(bindingsOf(scope).map((binding) => [binding.key, binding])).values()],
    press: (key, at) => {
      const isContinued = begun !== "" && at - begunAt <= SEQUENCE_MS
      return (isContinued && take(`${begun} ${key}`, at)) || take(key, at)
    },
  }
}
