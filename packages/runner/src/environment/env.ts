import type { Env } from "@spore/records"
import { join } from "node:path"
import { torchOf } from "../python/torch.ts"
import type { Environment, EnvironmentRequest } from "./environment.ts"

/** This machine as jobs see it in an environment: `env`, with its Python and its torch. */
export function envIn(env: Env, environment: Environment, { systemPackages }: EnvironmentRequest): Env {
  const { python, cuda, torch, ...runtime } = env.runtime
  const library = `python${environment.python.split(".", 2).join(".")}`
  const own = torchOf([join(environment.folder, "lib", library, "site-packages")])
  const system = systemPackages && torch !== undefined ? { version: torch, cuda: cuda ?? null } : null
  const seen = own ?? system
  return {
    ...env,
    runtime: {
      ...runtime,
      python: environment.python,
      ...(seen === null ? {} : { torch: seen.version.slice(0, 64) }),
      // Without an accelerator what torch was built for makes no difference.
      ...(seen?.cuda === null || seen === null || env.accelerator === "cpu" ? {} : { cuda: seen.cuda.slice(0, 64) }),
    },
  }
}
