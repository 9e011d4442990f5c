import type { Row } from "../row.ts"
export async function sync(_argument: string | undefined): Promise<Row[]> {
  return []
}
