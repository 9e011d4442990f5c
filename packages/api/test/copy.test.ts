import {
  addProfile,
  buildFixture,
  buildVerified,
  createFakeNode,
  legacyObject,
  type VerifiedFixture,
} from "@spore/fixture"
import { silentLogger } from "@spore/records"
import { beforeAll, describe, expect, it } from "vitest"
import { createSporeClient, type Experiment, type Page, type SporeClient } from "../src/client/index.ts"
import { createStaticClient } from "../src/client/static/index.ts"
import { copyPage, type CopyInit, type CopyManifest, planCopy, writeCopy } from "../src/copy/index.ts"
import { createApi } from "../src/index.ts"

const BASE = "https://copies.example/search/data/"

interface Copied {
  readonly files: ReadonlyMap<string, string>
  readonly manifest: CopyManifest
  readonly client: SporeClient
}

async function copied(init: Omit<CopyInit, "sink">): Promise<Copied> {
  const files = new Map<string, string>()
  const write = async (path: string, content: string): Promise<void> => void files.set(path, content)
  const manifest = await writeCopy({ ...init, sink: { write } }, await planCopy(init))
  const client = createStaticClient(BASE, {
    fetch: async (input) => {
      const text = files.get((input instanceof Request ? input.url : input.toString()).slice(BASE.length))
      return text === undefined ? new Response("", { status: 404 }) : new Response(text)
    },
  })
  return { files, manifest, client }
}

let api: SporeClient
let copy: Copied
let verified: VerifiedFixture
let task: string
let fixtureName: string
let experiments: readonly string[]
let nodeIds: readonly string[]
const LEGACY_TASK = "ab".repeat(32)

beforeAll(async () => {
  const node = await createFakeNode()
  const fixture = await buildFixture({ node, experiments: 64, twoClasses: true, words: "hostile", missing: 0.1 })
  verified = await buildVerified(node)
  await addProfile(node, { display_name: "Ada", bio: "grows mushrooms" })
  const legacyAuthor = node.nodeId
  const parent = legacyObject("legacy_experiment", {
    author: legacyAuthor,
    created: 1_780_000_100,
    task: LEGACY_TASK,
    score: 1.2,
  })
  await node.add(
    parent,
    legacyObject("legacy_experiment", {
      author: legacyAuthor,
      created: 1_780_000_200,
      task: LEGACY_TASK,
      parent: parent.id,
      score: 1.1,
      title: "wider",
      hypothesis: "wider is better",
    }),
  )
  // What a copy is made of follows no task.
  node.set({ task: null })
  const app = createApi({ node, version: "1.2.3", log: silentLogger })
  api = createSporeClient("http://localhost", {
    fetch: async (input, init = {}) => {
      const headers = new Headers(init.headers)
      headers.set("host", "localhost")
      return app.request(input instanceof URL ? input.href : input, { ...init, headers })
    },
  })
  copy = await copied({ client: api })
  task = fixture.task.id
  fixtureName = fixture.task.body.name
  experiments = (await everything((page) => api.experiments(page))).map(({ id }) => id)
  nodeIds = (await api.nodes({ limit: 500 })).items.map(({ id }) => id)
})

async function everything<T>(
  list: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
  limit = 500,
): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await list(cursor === null ? { limit } : { limit, cursor })
    items.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null)
  return items
}

/** The same question of both. */
async function both<T>(ask: (client: SporeClient) => Promise<T>): Promise<[fromCopy: T, fromApi: T]> {
  return [await ask(copy.client), await ask(api)]
}

type Ask = (client: SporeClient) => Promise<unknown>
type List = (client: SporeClient, page: { limit: number; cursor?: string }) => Promise<Page<unknown>>

const ONCE: [string, () => Ask[]][] = [
  ["stats", () => [(client) => client.stats()]],
  [
    "task",
    () => [task, verified.timed.task.id, LEGACY_TASK, task.slice(0, 20)].map((id) => (client) => client.task(id)),
  ],
  [
    "graph",
    () =>
      [{}, { class: "x64/26.10.0" }, { class: "arm64/24.21.0" }].map((query) => (client) => client.graph(task, query)),
  ],
  [
    "progress",
    () => [{}, { class: "arm64/24.21.0" }, { class: "none" }].map((query) => (client) => client.progress(task, query)),
  ],
  [
    "frontier",
    () => [task, verified.noisy.task.id, verified.exact.task.id].map((id) => (client) => client.frontier(id)),
  ],
  ["frontier of a class that is not", () => [(client) => client.frontier(task, { class: "none" })]],
  [
    "improvements",
    () =>
      [{}, { verified: true }, { verified: false }, { class: "arm64/24.21.0" }, { class: "none" }].flatMap((query) =>
        [task, verified.noisy.task.id].map((id) => (client: SporeClient) => client.improvements(id, query)),
      ),
  ],
  ["log", () => experiments.map((id) => (client) => client.log(id))],
  ["experiment", () => experiments.map((id) => (client) => client.experiment(id))],
  [
    "experiment by a prefix",
    () => experiments.slice(0, 20).map((id) => (client) => client.experiment(id.slice(0, 14))),
  ],
  ["lineage", () => experiments.map((id) => (client) => client.lineage(id))],
  ["diff", () => experiments.map((id) => (client) => client.diff(id))],
  [
    "diff against any",
    () => experiments.slice(0, 9).map((id, i) => (client) => client.diff(id, { against: experiments[i + 30] ?? id })),
  ],
  ["code", () => experiments.map((id) => (client) => client.code(id))],
  ["comparison", () => experiments.map((id) => (client) => client.comparison(id))],
  ["verifications", () => experiments.map((id) => (client) => client.verifications(id))],
  ["disputes", () => experiments.map((id) => (client) => client.disputes(id))],
  ["proof", () => experiments.map((id) => (client) => client.proof(id))],
  ["node", () => nodeIds.map((id) => (client) => client.node(id))],
]

const LISTS: [string, () => List[]][] = [
  ["tasks", () => [(client, page) => client.tasks(page)]],
  ["facts of a task", () => [(client, page) => client.taskFacts(task, page)]],
  ["nodes", () => [(client, page) => client.nodes(page)]],
  [
    "nodes of a task",
    () => [(client, page) => client.nodes({ ...page, task }), (client, page) => client.taskNodes(task, page)],
  ],
  ["experiments of a node", () => nodeIds.map((id) => (client, page) => client.nodeExperiments(id, page))],
  ["residuals", () => nodeIds.map((id) => (client, page) => client.residuals(id, { ...page, limit: 500 }))],
  ["children", () => experiments.slice(0, 40).map((id) => (client, page) => client.children(id, page))],
  [
    "reruns",
    () =>
      [{}, { task }, { node: nodeIds[0] ?? "" }].map(
        (query) => (client, page) => client.allVerifications({ ...query, ...page }),
      ),
  ],
  ["challenges", () => [{}, { task }].map((query) => (client, page) => client.allDisputes({ ...query, ...page }))],
  [
    "experiments",
    () =>
      [
        {},
        { sort: "oldest" as const },
        { task },
        { task, sort: "oldest" as const },
        { task, sort: "best" as const },
        { task, class: "arm64/24.21.0", sort: "best" as const },
        { task, class: "none" },
        { task, status: "keep" as const },
        { task, status: "crash" as const, sort: "best" as const },
        { task: verified.noisy.task.id, verdict: "reproduced" as const },
        { task: verified.exact.task.id, verified: true, sort: "best" as const },
        { verified: false },
        { candidate: true },
        { frontier: true, sort: "best" as const, task: verified.timed.task.id },
        { node: nodeIds[1] ?? "" },
        { node: nodeIds[0]?.slice(0, 14) ?? "", task, status: "discard" as const },
      ].map((query) => (client, page) => client.experiments({ ...query, ...page })),
  ],
]

describe("a static copy", () => {
  it.each(ONCE)("answers %s as the API does", async (_, questions) => {
    const asks = questions()
    expect(asks.length).toBeGreaterThan(0)
    for (const ask of asks) {
      const [fromCopy, fromApi] = await both(ask)
      expect(fromCopy).toEqual(fromApi)
    }
  })

  it.each(LISTS)("lists %s as the API does, whatever the pages", async (_, questions) => {
    for (const list of questions()) {
      const [fromCopy, fromApi] = await both((client) => everything((page) => list(client, page), 7))
      expect(fromCopy).toEqual(fromApi)
    }
  })

  it("finds experiments, tasks and profiles by the same words", async () => {
    const keyOf = (hit: Awaited<ReturnType<SporeClient["search"]>>["items"][number]): string =>
      hit.kind === "experiment" ? hit.experiment.id : hit.kind === "task" ? hit.id : hit.profile.node
    for (const q of ["hidden", "hidden 64", "WARM", "ada", "mushr", "char-lm", "script alert", "wider better"]) {
      const [fromCopy, fromApi] = await both((client) => everything((page) => client.search({ ...page, q }), 9))
      expect(fromCopy.length).toBeGreaterThan(0)
      expect(fromCopy.map(keyOf).toSorted()).toEqual(fromApi.map(keyOf).toSorted())
      const experimentsIn = (hits: typeof fromApi): unknown[] => hits.filter(({ kind }) => kind === "experiment")
      expect(experimentsIn(fromCopy)).toEqual(experimentsIn(fromApi))
    }
    const [some, same] = await both((client) => client.search({ q: "hidden", task }))
    expect(some).toEqual({ ...same, next_cursor: some.next_cursor })
    for (const kind of ["experiment", "task", "profile"] as const) {
      const [fromCopy, fromApi] = await both((client) =>
        everything((page) => client.search({ ...page, q: "a", kind }), 9),
      )
      expect(fromCopy.map(keyOf).toSorted()).toEqual(fromApi.map(keyOf).toSorted())
    }
  })

  it("knows what an id, its beginning and its short form stand for", async () => {
    const [first] = (await api.experiments({ task, limit: 1 })).items
    const [node] = (await api.nodes({ limit: 1 })).items
    if (first === undefined || node === undefined) throw new Error("an empty fixture")
    for (const id of [first.id, first.id.slice(7, 15), task, node.id, node.id.slice(8, 16), "zzzz", "bafyrei"]) {
      const [fromCopy, fromApi] = await both((client) => client.lookup(id))
      expect(fromCopy).toEqual(fromApi)
    }
  })

  it("refuses what the API refuses, by the same code", async () => {
    const codeOf = async (asked: Promise<unknown>): Promise<unknown> =>
      asked.then(
        () => "answered",
        (error: unknown) => (error instanceof Error && "code" in error ? error.code : error),
      )
    const refusals: Ask[] = [
      (client) => client.task("zzz"),
      (client) => client.experiment("bafyrei"),
      (client) => client.experiment("bafyreizzzz"),
      (client) => client.node("12D3"),
      (client) => client.graphPoint(task, 1),
      (client) => client.search({ q: "--" }),
      (client) => client.experiments({ limit: 0 }),
    ]
    for (const ask of refusals) {
      const [fromCopy, fromApi] = await both((client) => codeOf(ask(client)))
      expect(fromCopy).toBe(fromApi)
      expect(fromCopy).not.toBe("answered")
    }
  })

  it("gives the points of the graph, and nothing where nothing came since", async () => {
    const graph = await api.graph(task)
    for (const seq of graph.columns.seq.slice(0, 10)) {
      const [fromCopy, fromApi] = await both((client) => client.graphPoint(task, seq))
      expect(fromCopy).toEqual(fromApi)
    }
    const [fromCopy, fromApi] = await both((client) => client.graph(task, { since: graph.seq }))
    expect(fromCopy).toEqual({ ...fromApi, steps: fromCopy.steps })
  })

  it("has logs as files, and no events", async () => {
    const withLog = (await Promise.all(experiments.map((id) => api.experiment(id)))).find(
      ({ log }) => log?.held === true,
    )
    const cid = withLog?.log?.cid ?? ""
    const [fromCopy, fromApi] = await both((client) => client.blobText(cid))
    expect(fromCopy).toBe(fromApi)
    expect(copy.client.blobUrl(cid)).toBe(`${BASE}log/${cid}.txt`)
    await expect(copy.client.events().next()).rejects.toMatchObject({ code: "copy" })
    expect(await copy.client.status()).toMatchObject({ mode: "explorer", peers: [], addresses: [], activities: [] })
  })

  it("is the same bytes for the same facts", async () => {
    const again = await copied({ client: api })
    expect([...again.files]).toEqual([...copy.files])
  })

  it("names no file by what somebody wrote", () => {
    for (const path of copy.files.keys()) {
      expect(path).toMatch(
        /^(copy|overview|(task\/\d+|experiment|code|evidence|node)\/[a-z]*-?\d*|log\/[a-z0-9]+)\.(json|txt)$/,
      )
    }
  })

  it("holds what matters first where it may not hold all, and stays whole", async () => {
    const small = await copied({ client: api, tasks: [task], maxExperiments: 20, code: false, logs: false })
    expect(small.manifest.tasks).toEqual([{ id: task, name: fixtureName, experiments: 64, copied: 20 }])
    expect([...small.files.keys()].filter((path) => /^(code|log)/.test(path))).toEqual([])
    const rows = await everything<Experiment>((page) => small.client.experiments({ ...page, sort: "oldest" }))
    expect(rows).toHaveLength(20)
    const ids = new Set(rows.map(({ id }) => id))
    expect(rows.filter(({ parent }) => parent !== null && !ids.has(parent))).toEqual([])
    const { best } = await api.frontier(task)
    expect(ids).toContain(best?.id)
    for (const { id } of rows) {
      const detail = await small.client.experiment(id)
      expect(detail).toMatchObject({ id, code_held: false })
      expect((await small.client.code(id)).held).toBe(false)
      expect(detail.log?.held ?? false).toBe(false)
    }
    const graph = await small.client.graph(task)
    expect(graph.columns.parent.filter((seq) => seq !== 0 && !graph.columns.seq.includes(seq))).toEqual([])
    const shown = await everything((page) => small.client.nodes(page))
    const known = await everything((page) => api.nodes({ ...page, task }))
    expect(shown).toEqual(known)
  })
})

describe("the page of a copy", () => {
  it("carries its policy and where the data is", () => {
    const page = copyPage('<head>\n    <meta charset="utf-8" />\n</head><noscript>see /api/v1</noscript>')
    expect(page).toContain(`http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'`)
    expect(page).toContain(`<meta name="spore-copy" content="data/" />`)
    expect(page).not.toContain("/api/v1")
  })
})
