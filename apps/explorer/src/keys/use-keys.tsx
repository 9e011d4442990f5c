import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from "react"
import { createKeys, type KeyBinding, type Keys, type KeyScope } from "./keys.ts"

const KeysContext = createContext<Keys | null>(null)

/** Hands the keys pressed below it, and not meant for a field, to whoever uses `useKeys`. */
export function KeysProvider({ children }: { children: ReactNode }): ReactNode {
  const [keys] = useState(createKeys)
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing || isMeantElsewhere(event)) return
      if (keys.press(event.key, event.timeStamp)) event.preventDefault()
    }
    document.addEventListener("keydown", onKeyDown)
    return () => document.removeEventListener("keydown", onKeyDown)
  }, [keys])
  return <KeysContext value={keys}>{children}</KeysContext>
}

export function useKeyRegistry(): Keys {
  const keys = useContext(KeysContext)
  if (keys === null) throw new Error("useKeys outside of KeysProvider")
  return keys
}

/** Makes keys work while the component is there, and lists them in the help. */
export function useKeys(bindings: readonly KeyBinding[], scope: KeyScope = "page"): void {
  const keys = useKeyRegistry()
  const owner = useRef({})
  useEffect(() => keys.set(owner.current, { scope, bindings }))
  useEffect(() => {
    const { current } = owner
    return () => keys.delete(current)
  }, [keys])
}

/** Shortcuts of the browser, what is typed into a field, and whatever an open dialog is there for. */
function isMeantElsewhere({ ctrlKey, metaKey, altKey, target }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey || altKey) return true
  if (document.querySelector("dialog:modal") !== null) return true
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  )
}
