import { shortId } from "@spore/api/client"
import { drawIcon } from "jdenticon/browser"
import { Link } from "@tanstack/react-router"
import { type ReactNode, useEffect, useRef, useState } from "react"
import { afterPaint } from "../lib/after-paint.ts"
import styles from "./ids.module.css"
import { VisibleText } from "./visible-text.tsx"

/** A node's picture, made here from its id: nothing is fetched. */
export function Identicon({ id, size = 18 }: { id: string; size?: number }): ReactNode {
  const ref = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    // What is read comes first: a page may have a hundred of these.
    return afterPaint(() => {
      const canvas = ref.current
      const ctx = canvas?.getContext("2d")
      if (!canvas || !ctx) return
      const scale = globalThis.devicePixelRatio
      canvas.width = size * scale
      canvas.height = size * scale
      drawIcon(ctx, id, size * scale, { padding: 0.04 })
    })
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

/** A node, linked to its page: the name it gave itself, which anyone may take, and always the short form of its id. */
export function NodeName({
  id,
  name = null,
  self = false,
}: {
  id: string
  name?: string | null
  self?: boolean
}): ReactNode {
  return (
    <Link to="/n/$nodeId" params={{ nodeId: id }} className={styles.node} title={id}>
      <Identicon id={id} />
      {name !== null && name.trim() !== "" && (
        <span className={styles.name}>
          <VisibleText text={name} max={24} />
        </span>
      )}
      <span className={styles.short}>{shortId(id)}</span>
      {self && <span className={styles.self}>this node</span>}
    </Link>
  )
}

/** Characters at an id's end that are always shown: they tell it from others. */
const TAIL = 8

/** A full id, on one line, that can be selected, with a button that copies it. */
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
      <code className={styles.full} title={id}>
        <span className={styles.head}>{id.slice(0, -TAIL)}</span>
        <span>{id.slice(-TAIL)}</span>
      </code>
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
