import { shortId } from "@spore/api/client"
import { drawIcon } from "jdenticon/browser"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect, useRef, useState } from "react"
import styles from "./ids.module.css"

/** A node's picture, made here from its id: nothing is fetched. */
export function Identicon({ id, size = 18 }: { id: string; size?: number }): ReactNode {
  const ref = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = ref.current
    const ctx = canvas?.getContext("2d")
    if (!canvas || !ctx) return
    const scale = globalThis.devicePixelRatio
    canvas.width = size * scale
    canvas.height = size * scale
    drawIcon(ctx, id, size * scale, { padding: 0.04 })
  }, [id, size])
  return (
    <canvas
      ref={ref}
      className={styles.identicon}
      width={size}
      height={size}
      style={{ width: size, height: size }}
      aria-hidden
    />
  )
}

/** A node by the short form of its id, linked to its page. */
export function NodeName({ id, self = false }: { id: string; self?: boolean }): ReactNode {
  return (
    <Link to="/n/$nodeId" params={{ nodeId: id }} className={styles.node} title={id}>
      <Identicon id={id} />
      <span className={styles.short}>{shortId(id)}</span>
      {self && <span className={styles.self}>this node</span>}
    </Link>
  )
}

/** A full id that can be selected, with a button that copies it. */
export function CopyId({ id, label }: { id: string; label: string }): ReactNode {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1600)
    return () => clearTimeout(timer)
  }, [copied])
  // Absent where the page is neither on localhost nor on https; the id can still be selected.
  const canCopy = globalThis.isSecureContext
  return (
    <span className={styles.copy}>
      <code className={styles.full}>{id}</code>
      {canCopy && (
        <button
          type="button"
          className={styles.button}
          aria-label={`Copy ${label}`}
          onClick={() => {
            void navigator.clipboard.writeText(id).then(() => setCopied(true))
          }}
        >
          {copied ? "copied" : "copy"}
        </button>
      )}
    </span>
  )
}
