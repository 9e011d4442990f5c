// Before anything that makes a schema.
// oxlint-disable-next-line import/no-unassigned-import
import "./zod-jitless.ts"
import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { mayRetry } from "./api.ts"
import { createLive } from "./live/live.ts"
import { createStill } from "./live/still.ts"
import { LiveProvider } from "./live/use-live.tsx"
import { createExplorerRouter } from "./router.tsx"
import { client, copy, openSource } from "./source.ts"

const root = document.querySelector("#root")
if (root === null) throw new Error("the page has no #root")

openSource().then(
  () => show(root),
  (error: unknown) => {
    root.textContent = `This copy cannot be shown: ${error instanceof Error ? error.message : String(error)}`
  },
)

function show(place: Element): void {
  const queryClient = new QueryClient({
    defaultOptions: {
      // Live events say when something is out of date; this bounds it where they do not come.
      queries: { staleTime: 60_000, refetchOnWindowFocus: false, retry: mayRetry, networkMode: "always" },
    },
  })
  const live = copy === null ? createLive(client, queryClient) : createStill()
  const router = createExplorerRouter(queryClient, { inHash: copy !== null })
  // Code and data of the page are asked for while the frame around it is made.
  void router.load()
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <LiveProvider live={live}>
          <RouterProvider router={router} />
        </LiveProvider>
      </QueryClientProvider>
    </StrictMode>,
  )
}
