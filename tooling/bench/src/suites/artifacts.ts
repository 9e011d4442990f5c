import type { Row } from "../row.ts"
export async function artifacts(_argument: string | undefined): Promise<Row[]> {
  return []
}
