import type { TaskDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import { type ReactNode, useState } from "react"
import { queries } from "../../api.ts"
import { createHover, HoverContext } from "../../chart/hover.ts"
import { Failure, Loading } from "../../components/states.tsx"
import { useTitle } from "../../components/use-title.ts"
import pageStyles from "../page.module.css"
import { AboutTab } from "./about-tab.tsx"
import { ActivityTab } from "./activity-tab.tsx"
import { ChartCard } from "./chart-card.tsx"
import { ExperimentsTab } from "./experiments-tab.tsx"
import { FrontierTab } from "./frontier-tab.tsx"
import { ImprovementsTab } from "./improvements-tab.tsx"
import { NodesTab } from "./nodes-tab.tsx"
import { StandingFigures } from "./standing-figures.tsx"
import { Tabs } from "./tabs.tsx"
import { TaskHeader } from "./task-header.tsx"

const route = getRouteApi("/t/$taskId")

/** One task: how far the search has come, what can be trusted, and every experiment. */
export function TaskPage(): ReactNode {
  const { taskId } = route.useParams()
  const task = useQuery(queries.task(taskId))
  useTitle(task.data?.name)
  if (task.isError) return <Failure isPage error={task.error} retry={() => void task.refetch()} />
  if (task.data === undefined) return <Loading height={600} />
  return <TaskView key={task.data.id} task={task.data} />
}

function TaskView({ task }: { task: TaskDetail }): ReactNode {
  const search = route.useSearch()
  const [hover] = useState(createHover)
  const hardwareClass = search.class ?? task.standings[0]?.class ?? ""
  const standing = task.standings.find((one) => one.class === hardwareClass)
  const tab = search.tab ?? "experiments"
  const part = { task, hardwareClass }
  return (
    <HoverContext value={hover}>
      <div className={pageStyles.page}>
        <TaskHeader {...part} standing={standing} />
        <StandingFigures {...part} standing={standing} />
        <ChartCard {...part} />
        <Tabs tab={tab} standing={standing}>
          {tab === "experiments" && <ExperimentsTab key={hardwareClass} {...part} />}
          {tab === "frontier" && <FrontierTab {...part} />}
          {tab === "improvements" && <ImprovementsTab {...part} />}
          {tab === "activity" && <ActivityTab task={task} />}
          {tab === "nodes" && <NodesTab task={task} />}
          {tab === "about" && <AboutTab task={task} />}
        </Tabs>
      </div>
    </HoverContext>
  )
}
