import type { QueryClient } from "@tanstack/react-query"
import {
  createHashHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router"
import { queries } from "./api.ts"
import { Layout } from "./components/layout.tsx"
import { Failure } from "./components/states.tsx"
import { askFirstGraph } from "./first-graph.ts"
import { parseCompareSearch } from "./pages/compare/compare-search.ts"
import { parseExperimentSearch } from "./pages/experiment/experiment-search.ts"
import { IndexPage } from "./pages/index/index-page.tsx"
import { NotFoundPage } from "./pages/not-found-page.tsx"
import { parseSearchPage } from "./pages/search/search-query.ts"
import { parseTaskSearch } from "./pages/task/task-search.ts"

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Layout,
  notFoundComponent: NotFoundPage,
  errorComponent: ({ error, reset }) => (
    <Failure isPage error={error instanceof Error ? error : new Error(String(error))} retry={reset} />
  ),
})

/** The task and what takes longest of its page, without waiting for the page's own code. */
async function prefetchTask(queryClient: QueryClient, taskId: string, asked: string | undefined): Promise<void> {
  const isFirst = queryClient.getQueryState(queries.task(taskId).queryKey) === undefined
  if (isFirst && asked === undefined) askFirstGraph(taskId)
  // Where it fails, the page asks once more and says so.
  const task = await queryClient.fetchQuery(queries.task(taskId)).catch(() => undefined)
  const hardwareClass = asked ?? task?.standings[0]?.class
  if (task === undefined || hardwareClass === undefined) return
  await queryClient.prefetchQuery(queries.graph(queryClient, task.id, hardwareClass))
}

const indexRoute = createRoute({ getParentRoute: () => rootRoute, path: "/", component: IndexPage })

const taskRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/t/$taskId",
  validateSearch: parseTaskSearch,
  component: lazyRouteComponent(() => import("./pages/task/task-page.tsx"), "TaskPage"),
  loaderDeps: ({ search }) => ({ asked: search.class }),
  loader: ({ context: { queryClient }, params, deps: { asked } }) => {
    void prefetchTask(queryClient, params.taskId, asked)
  },
})

const experimentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/e/$experimentId",
  validateSearch: parseExperimentSearch,
  component: lazyRouteComponent(() => import("./pages/experiment/experiment-page.tsx"), "ExperimentPage"),
  loader: ({ context, params }) => {
    void context.queryClient.prefetchQuery(queries.experiment(params.experimentId))
    void context.queryClient.prefetchQuery(queries.diff(params.experimentId))
  },
})

const compareRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/compare",
  validateSearch: parseCompareSearch,
  component: lazyRouteComponent(() => import("./pages/compare/compare-page.tsx"), "ComparePage"),
})

const nodeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/n/$nodeId",
  component: lazyRouteComponent(() => import("./pages/node/node-page.tsx"), "NodePage"),
})

const nodesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/nodes",
  component: lazyRouteComponent(() => import("./pages/nodes/nodes-page.tsx"), "NodesPage"),
})

const networkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/network",
  component: lazyRouteComponent(() => import("./pages/network/network-page.tsx"), "NetworkPage"),
})

const searchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/search",
  validateSearch: parseSearchPage,
  component: lazyRouteComponent(() => import("./pages/search/search-page.tsx"), "SearchPage"),
})

const routeTree = rootRoute.addChildren([
  indexRoute,
  taskRoute,
  experimentRoute,
  nodesRoute,
  nodeRoute,
  networkRoute,
  searchRoute,
  compareRoute,
])

// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the type is the routes themselves
export function createExplorerRouter(queryClient: QueryClient, { inHash }: { inHash: boolean }) {
  return createRouter({
    routeTree,
    // A server of files knows one page: what it shows is said after the hash.
    ...(inHash ? { history: createHashHistory() } : {}),
    context: { queryClient },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
  })
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createExplorerRouter>
  }
}
