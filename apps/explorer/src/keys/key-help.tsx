import { type MouseEvent, type ReactNode, useRef, useState } from "react"
import styles from "./key-help.module.css"
import type { KeyBinding } from "./keys.ts"
import { useKeyRegistry, useKeys } from "./use-keys.tsx"

const KEY_NAMES: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  " ": "Space",
}

interface Shown {
  readonly page: readonly KeyBinding[]
  readonly everywhere: readonly KeyBinding[]
}

/** A button and `?`, which show the keys that work on this page; the focus goes back to where it was. */
export function KeyHelp({ className }: { className?: string | undefined }): ReactNode {
  const keys = useKeyRegistry()
  const dialog = useRef<HTMLDialogElement>(null)
  const [shown, setShown] = useState<Shown | null>(null)
  const open = (): void => {
    setShown({ page: keys.list("page"), everywhere: keys.list("everywhere") })
    dialog.current?.showModal()
  }
  useKeys([{ key: "?", label: "These keys", run: open }], "everywhere")
  const onClick = (event: MouseEvent): void => {
    // The dialog's own box is filled by its content: what is left is the backdrop.
    if (event.target === dialog.current) dialog.current.close()
  }
  return (
    <>
      <button type="button" className={className} onClick={open} aria-haspopup="dialog" aria-keyshortcuts="?">
        Keys
      </button>
      <dialog
        ref={dialog}
        className={styles.dialog}
        aria-labelledby="key-help"
        onClose={() => setShown(null)}
        onClick={onClick}
      >
        <form method="dialog" className={styles.body}>
          <header className={styles.header}>
            <h2 id="key-help">Keys</h2>
            <button className={styles.close}>Close</button>
          </header>
          {shown !== null && shown.page.length > 0 && <KeyList title="On this page" keys={shown.page} />}
          {shown !== null && <KeyList title="Everywhere" keys={shown.everywhere} />}
        </form>
      </dialog>
    </>
  )
}

function KeyList({ title, keys }: { title: string; keys: readonly KeyBinding[] }): ReactNode {
  return (
    <section>
      <h3>{title}</h3>
      <dl className={styles.list}>
        {keys.map(({ key, label }) => (
          <div key={key} className={styles.row}>
            <dt>
              {key.split(/(?<=.) /).map((each, i) => (
                // oxlint-disable-next-line react/no-array-index-key -- keys of a sequence have no identity but their place
                <kbd key={i} className={styles.key}>
                  {KEY_NAMES[each] ?? each}
                </kbd>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
