/** How the command line reads the values of its options and arguments. */
import { Argument, InvalidArgumentError } from "commander"

export function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}

export function collectFirst(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value]
}

export function someText(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("Expected some text.")
  return text
}

export function modelName(text: string): string {
  if (text.length > 256 || !/^[a-z0-9][a-z0-9-]*(\/\S+)?$/.test(text)) {
    throw new InvalidArgumentError("Expected PROVIDER or PROVIDER/MODEL, such as groq or anthropic/NAME.")
  }
  return text
}

export function collectMultiaddr(value: string, previous: string[]): string[] {
  if (!value.startsWith("/")) throw new InvalidArgumentError("Expected a multiaddr, such as /dns4/NAME/tcp/7470.")
  return [...previous, value]
}

export function portNumber(text: string): number {
  return wholeNumber(text, 0, 65535)
}

export function upTo(most: number): (text: string) => number {
  return (text) => wholeNumber(text, 1, most)
}

export function blockScope(): Argument {
  return new Argument("<what>", "what to name").choices(["id", "author", "task", "artifact"])
}

export function percent(text: string): number {
  return wholeNumber(text, 1, 100)
}

export function wholeNumber(text: string, least: number, most: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`)
  }
  return value
}

export function wholeFrom0(text: string): number {
  return wholeNumber(text, 0, Number.MAX_SAFE_INTEGER)
}

export function decimal(text: string): number {
  const value = Number(text)
  if (!/^-?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) || !Number.isFinite(value)) {
    throw new InvalidArgumentError("Expected a number.")
  }
  return value
}

/** An amount above 0. */
export function amount(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^(\d+\.?\d*|\.\d+)$/.test(text) || value <= 0 || value > most) {
      throw new InvalidArgumentError(`Expected a number above 0, at most ${most}.`)
    }
    return value
  }
}

export function seconds(text: string): number {
  const value = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text) || value <= 0) throw new InvalidArgumentError("Expected a number of seconds above 0.")
  return value
}
