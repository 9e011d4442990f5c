import type { QueryClient } from "@tanstack/react-query"
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router"
import { queries } from "./api.ts"
import { Layout } from "./components/layout.tsx"
import { Failure } from "./components/states.tsx"
import { IndexPage } from "./pages/index-page.tsx"
import { NotFoundPage } from "./pages/not-found-page.tsx"
import { parseSearchPage } from "./pages/search-query.ts"
import { parseTaskSearch } from "./pages/task/task-search.ts"

const rootRoute = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Layout,
  notFoundComponent: NotFoundPage,
  errorComponent: ({ error, reset }) => (
    <Failure error={error instanceof Error ? error : new Error(String(error))} retry={reset} />
  ),
})

const indexRoute = createRoute({ getParentRoute: () => rootRoute, path: "/", component: IndexPage })

const taskRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/t/$taskId",
  validateSearch: parseTaskSearch,
  component: lazyRouteComponent(() => import("./pages/task/task-page.tsx"), "TaskPage"),
  loader: ({ context, params }) => {
    void context.queryClient.prefetchQuery(queries.task(params.taskId))
  },
})

const experimentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/e/$experimentId",
  component: lazyRouteComponent(() => import("./pages/experiment/experiment-page.tsx"), "ExperimentPage"),
  loader: ({ context, params }) => {
    void context.queryClient.prefetchQuery(queries.experiment(params.experimentId))
    void context.queryClient.prefetchQuery(queries.diff(params.experimentId))
  },
})

const nodeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/n/$nodeId",
  component: lazyRouteComponent(() => import("./pages/node-page.tsx"), "NodePage"),
})

const networkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/network",
  component: lazyRouteComponent(() => import("./pages/network-page.tsx"), "NetworkPage"),
})

const searchRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/search",
  validateSearch: parseSearchPage,
  component: lazyRouteComponent(() => import("./pages/search-page.tsx"), "SearchPage"),
})

const routeTree = rootRoute.addChildren([indexRoute, taskRoute, experimentRoute, nodeRoute, networkRoute, searchRoute])

// oxlint-disable-next-line typescript/explicit-module-boundary-types -- the type is the routes themselves
export function createExplorerRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
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
