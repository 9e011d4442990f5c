import type { DiffFile } from "@spore/api/client"

/** A name that has another value than before. */
export interface SettingChange {
  readonly name: string
  readonly before: string
  readonly after: string
}

/** More is a rewrite, not a change of settings. */
const MAX_CHANGES = 12
const MAX_PATCH = 64 * 1024
const NAME = String.raw`["']?([A-Za-z_][\w.-]{0,63})["']?`
const VALUE = String.raw`([-+]?[\w.][\w.+-]{0,31}|"[^"]{0,32}"|'[^']{0,32}')\s*[,;]?\s*(?:(?:\/\/|#).*)?$`
/** `const RATE = 0.02 // tunable`, `rate: float = 0.02,`, `"rate": 0.02`: a name and a short value. */
const SETTING = new RegExp(
  String.raw`^\s*(?:export\s+)?(?:(?:const|let|var|static|final|constexpr|int|float|double)\s+)*${NAME}\s*(?::\s*\w{1,24}\s*=|[:=])\s*${VALUE}`,
)
const DEFINE = new RegExp(String.raw`^\s*#define\s+${NAME}\s+${VALUE}`)

/** The settings that differ, as far as one line each tells; empty where it is not settings that changed. */
export function settingChanges(files: readonly DiffFile[]): SettingChange[] {
  const changes = files.flatMap(({ patch }) => (patch === null || patch.length > MAX_PATCH ? [] : changesIn(patch)))
  return changes.length > MAX_CHANGES ? [] : changes
}

function changesIn(patch: string): SettingChange[] {
  const changes: SettingChange[] = []
  let removed = new Map<string, string>()
  for (const line of patch.split("\n")) {
    if (line.startsWith("-")) addSetting(removed, line)
    else if (line.startsWith("+")) {
      const [name, after] = readSetting(line) ?? []
      const before = name === undefined ? undefined : removed.get(name)
      if (name !== undefined && after !== undefined && before !== undefined && before !== after) {
        changes.push({ name, before, after })
      }
    } else removed = new Map()
  }
  return changes
}

function addSetting(settings: Map<string, string>, line: string): void {
  const [name, value] = readSetting(line) ?? []
  if (name !== undefined && value !== undefined) settings.set(name, value)
}

function readSetting(line: string): [name: string, value: string] | null {
  if (line.length > 200) return null
  const [, name, value] = SETTING.exec(line.slice(1)) ?? DEFINE.exec(line.slice(1)) ?? []
  return name === undefined || value === undefined ? null : [name, value]
}
