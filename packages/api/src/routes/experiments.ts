import { createRoute } from "@hono/zod-openapi"
import type { ExperimentFilter, ExperimentRow } from "@spore/dag"
import { publicKeyOf, type SignedObject } from "@spore/records"
import { z } from "zod"
import { diffTrees, readCode, readHeld } from "../code.ts"
import { readComparison } from "../comparison.ts"
import { type ApiContext, resolveId, resolveNode } from "../context.ts"
import {
  codeSchema,
  comparisonSchema,
  controlPageSchema,
  diffSchema,
  experimentDetailSchema,
  experimentPageSchema,
  logSchema,
  proofSchema,
  rerunPageSchema,
  statusSchema,
  verdictSchema,
} from "../dto/index.ts"
import { apiError } from "../errors.ts"
import { readExperiment } from "../experiment-detail.ts"
import { readLog } from "../log.ts"
import { networkOf, viewControl, viewExperiment, viewRerun } from "../views.ts"
import { answers, createRouter, flagQuery, idParams, pageQuery, pageRequest, type Router } from "./openapi.ts"

const filterQuery = z.object({
  task: z.string().max(128).optional(),
  class: z.string().max(256).optional(),
  node: z.string().max(128).optional(),
  status: statusSchema.optional(),
  verdict: verdictSchema.optional(),
  verified: flagQuery.meta({ description: "Reproduced or upheld by reruns" }),
  candidate: flagQuery,
  frontier: flagQuery,
  sort: z.enum(["newest", "oldest", "best"]).optional(),
  ...pageQuery,
})

const list = createRoute({
  method: "get",
  path: "/experiments",
  summary: "Experiments by filter, latest stored first by default",
  request: { query: filterQuery },
  responses: answers(experimentPageSchema, "Experiments"),
})
const detail = createRoute({
  method: "get",
  path: "/experiments/{id}",
  summary: "An experiment with its run, environment and verdict",
  request: { params: idParams },
  responses: answers(experimentDetailSchema, "The experiment"),
})
const lineage = createRoute({
  method: "get",
  path: "/experiments/{id}/lineage",
  summary: "The experiment and its ancestors up to the root",
  request: { params: idParams, query: z.object(pageQuery) },
  responses: answers(experimentPageSchema, "From the experiment to its root"),
})
const children = createRoute({
  method: "get",
  path: "/experiments/{id}/children",
  summary: "Experiments that change this one, best first",
  request: { params: idParams, query: z.object(pageQuery) },
  responses: answers(experimentPageSchema, "Children"),
})
const diff = createRoute({
  method: "get",
  path: "/experiments/{id}/diff",
  summary: "How its code differs from its parent's or another experiment's",
  request: { params: idParams, query: z.object({ against: z.string().max(128).optional() }) },
  responses: answers(diffSchema, "Unified hunks per file"),
})
const code = createRoute({
  method: "get",
  path: "/experiments/{id}/code",
  summary: "Its code, where held here",
  request: { params: idParams },
  responses: answers(codeSchema, "The files"),
})
const log = createRoute({
  method: "get",
  path: "/experiments/{id}/log",
  summary: "The end of what its run printed, where held here",
  request: { params: idParams },
  responses: answers(logSchema, "At most the last 256 KiB"),
})
const comparison = createRoute({
  method: "get",
  path: "/experiments/{id}/comparison",
  summary: "Its claim beside each key's result on the same code and hardware class",
  request: { params: idParams },
  responses: answers(comparisonSchema, "The claim, the band that agrees with it, and the results"),
})
const verifications = createRoute({
  method: "get",
  path: "/experiments/{id}/verifications",
  summary: "Its reruns",
  request: { params: idParams, query: z.object(pageQuery) },
  responses: answers(rerunPageSchema, "Reruns, oldest first"),
})
const disputes = createRoute({
  method: "get",
  path: "/experiments/{id}/disputes",
  summary: "Challenges and disputes about it",
  request: { params: idParams, query: z.object(pageQuery) },
  responses: answers(controlPageSchema, "Challenges and disputes, oldest first"),
})
const proof = createRoute({
  method: "get",
  path: "/experiments/{id}/proof",
  summary: "Its signed bytes, to check by oneself",
  request: { params: idParams },
  responses: answers(proofSchema, "Payload and signature"),
})

export function experimentRoutes(context: ApiContext): Router {
  const { node } = context
  const { store, artifacts } = node
  const app = createRouter()

  async function rowOf(given: string): Promise<ExperimentRow> {
    const row = await store.experiment(await resolveId(context, given, "experiment"))
    if (row === undefined) throw apiError("not_found", `no experiment ${given}`)
    return row
  }

  async function objectOf(row: ExperimentRow): Promise<SignedObject> {
    const object = await store.object(row.id)
    if (object === undefined) throw apiError("not_found", `this node withholds what ${row.id} says`)
    return object
  }

  app.openapi(list, async (c) => {
    const query = c.req.valid("query")
    const task = query.task === undefined ? undefined : await resolveId(context, query.task, "task")
    const author = query.node === undefined ? undefined : await resolveNode(context, query.node)
    const page = await store.experiments(filterOf(query, task, author), pageRequest(query))
    return c.json({ items: page.items.map(viewExperiment), next_cursor: page.nextCursor }, 200)
  })

  app.openapi(detail, async (c) => {
    return c.json(await readExperiment(node, await rowOf(c.req.valid("param").id)), 200)
  })

  app.openapi(lineage, async (c) => {
    const row = await rowOf(c.req.valid("param").id)
    const { items, nextCursor } = await store.ancestors(row.id, pageRequest(c.req.valid("query")))
    return c.json({ items: items.map(viewExperiment), next_cursor: nextCursor }, 200)
  })

  app.openapi(children, async (c) => {
    const row = await rowOf(c.req.valid("param").id)
    const page = await store.experiments({ parent: row.id, sort: "best" }, pageRequest(c.req.valid("query")))
    return c.json({ items: page.items.map(viewExperiment), next_cursor: page.nextCursor }, 200)
  })

  app.openapi(diff, async (c) => {
    const row = await rowOf(c.req.valid("param").id)
    const { against = "parent" } = c.req.valid("query")
    const asked = against === "parent" ? row.parent : (await rowOf(against)).id
    if (asked === null) {
      return c.json({ experiment: row.id, against: null, held: true, missing: [], files: [] }, 200)
    }
    const other = await store.experiment(asked)
    // A parent of the 0.6 network may not have arrived.
    if (other === undefined) {
      return c.json({ experiment: row.id, against: asked, held: false, missing: [], files: [] }, 200)
    }
    const [before, after] = await Promise.all([readHeld(artifacts, other.code), readHeld(artifacts, row.code)])
    const missing = [...(before === undefined ? [other.code] : []), ...(after === undefined ? [row.code] : [])]
    const files = before === undefined || after === undefined ? [] : diffTrees(before, after)
    return c.json({ experiment: row.id, against: other.id, held: missing.length === 0, missing, files }, 200)
  })

  app.openapi(code, async (c) => {
    const row = await rowOf(c.req.valid("param").id)
    return c.json(await readCode(artifacts, row.code), 200)
  })

  app.openapi(log, async (c) => {
    const row = await rowOf(c.req.valid("param").id)
    return c.json(await readLog(artifacts, await store.get(row.id)), 200)
  })

  app.openapi(comparison, async (c) => {
    return c.json(await readComparison(store, await rowOf(c.req.valid("param").id)), 200)
  })

  app.openapi(verifications, async (c) => {
    const row = await rowOf(c.req.valid("param").id)
    const filter = { experiment: row.id, sort: "oldest" } as const
    const { items, nextCursor } = await store.verifications(filter, pageRequest(c.req.valid("query")))
    return c.json({ items: items.map(viewRerun), next_cursor: nextCursor }, 200)
  })

  app.openapi(disputes, async (c) => {
    const row = await rowOf(c.req.valid("param").id)
    const filter = { experiment: row.id, sort: "oldest" } as const
    const { items, nextCursor } = await store.disputes(filter, pageRequest(c.req.valid("query")))
    return c.json({ items: items.map(viewControl), next_cursor: nextCursor }, 200)
  })

  app.openapi(proof, async (c) => {
    const row = await rowOf(c.req.valid("param").id)
    const { id, kind, payload, signature } = await objectOf(row)
    return c.json(
      {
        id,
        kind,
        node: row.author,
        public_key: base64(publicKeyOf(row.author)),
        payload: base64(payload),
        signature: base64(signature),
        signing_prefix: networkOf(id) === "spore" ? `spore/1/${kind}\n` : "",
      },
      200,
    )
  })
  return app
}

function filterOf(
  query: z.output<typeof filterQuery>,
  task: string | undefined,
  author: string | undefined,
): ExperimentFilter {
  return {
    ...(task === undefined ? {} : { task }),
    ...(query.class === undefined ? {} : { class: query.class }),
    ...(author === undefined ? {} : { author }),
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.verdict === undefined ? {} : { verdict: query.verdict }),
    ...(query.verified === undefined ? {} : { verified: query.verified }),
    ...(query.candidate === undefined ? {} : { candidate: query.candidate }),
    ...(query.frontier === undefined ? {} : { frontier: query.frontier }),
    ...(query.sort === undefined ? {} : { sort: query.sort }),
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64")
}
