import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { Empty } from "../components/states.tsx"
import { useTitle } from "../components/use-title.ts"

export function NotFoundPage(): ReactNode {
  useTitle("Not found")
  return (
    <Empty isPage title="There is no such page">
      The address may be mistyped. <Link to="/">All tasks</Link>
    </Empty>
  )
}
