import { CommanderError } from "commander"

/** A command line that a command does not take, with the command it is of, such as `spore run`. */
export class UsageError extends CommanderError {
  readonly command: string

  constructor({ exitCode, code, message }: CommanderError, command: string) {
    super(exitCode, code, message)
    this.command = command
  }
}
