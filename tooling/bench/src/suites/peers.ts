import type { Row } from "../row.ts"
export async function peers(_argument: string | undefined): Promise<Row[]> {
  return []
}
