import { tilde } from "../output/format.ts"
import type { Installation } from "./installation.ts"

/** How this program came here, and where it lies, for people. */
export function originOf({ isCheckout, isUpdate, packageFolder }: Installation): string {
  const how = isCheckout ? "a source checkout" : isUpdate ? "taken as an update" : "as it was installed"
  return `${how}: ${tilde(packageFolder)}`
}

/** The same for programs. */
export function kindOf({ isCheckout, isUpdate }: Installation): "checkout" | "update" | "package" {
  return isCheckout ? "checkout" : isUpdate ? "update" : "package"
}
