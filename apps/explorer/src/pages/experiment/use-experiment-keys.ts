import type { ExperimentDetail } from "@spore/api/client"
import { useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useRouter } from "@tanstack/react-router"
import { queries } from "../../api.ts"
import { useKeys } from "../../keys/use-keys.tsx"
import { viewOf, VIEWS } from "./experiment-search.ts"

const route = getRouteApi("/e/$experimentId")

/** Walks from experiment to experiment: up to the parent, down to the best child, to and fro among siblings. */
export function useExperimentKeys(experiment: ExperimentDetail): void {
  const router = useRouter()
  const queryClient = useQueryClient()
  const navigate = route.useNavigate()
  const search = route.useSearch()

  const go = (id: string | undefined): void => {
    if (id !== undefined) void router.navigate({ to: "/e/$experimentId", params: { experimentId: id } })
  }
  async function toBestChild(): Promise<void> {
    const { items } = await queryClient.fetchQuery(queries.children(experiment.id))
    go(items[0]?.id)
  }
  async function toSibling(by: 1 | -1): Promise<void> {
    const { parent } = experiment
    if (parent === null) return
    const { items } = await queryClient.fetchQuery(queries.children(parent))
    const at = items.findIndex(({ id }) => id === experiment.id)
    go(items[at === -1 ? 0 : at + by]?.id)
  }
  const nextView = (): void => {
    const shown = viewOf(search, experiment.parent_experiment !== null)
    const next = VIEWS[(VIEWS.indexOf(shown) + 1) % VIEWS.length]
    void navigate({ search: (now) => ({ ...now, view: next }), replace: true, resetScroll: false })
  }
  useKeys([
    { key: "p", label: "Its parent", run: () => go(experiment.parent_experiment?.id) },
    { key: "c", label: "Its best child", run: () => void toBestChild() },
    { key: "[", label: "The sibling that did better", run: () => void toSibling(-1) },
    { key: "]", label: "The sibling that did worse", run: () => void toSibling(1) },
    { key: "d", label: "Changes, side by side, or the whole code", run: nextView },
  ])
}
