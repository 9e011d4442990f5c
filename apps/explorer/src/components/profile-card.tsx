import type { Profile } from "@spore/api/client"
import type { ReactNode } from "react"
import { visibleText, webAddress } from "../lib/text.ts"
import { Card, Facts } from "./card.tsx"
import { CopyId } from "./ids.tsx"
import { Ago } from "./time.tsx"
import { VisibleText } from "./visible-text.tsx"

/** What a node's owner says about themselves. Its picture is not fetched: that would tell them who looks. */
export function ProfileCard({ profile }: { profile: Profile }): ReactNode {
  const { bio, website, donation_address: donations } = profile
  return (
    <Card title="Profile" aside="in their own words">
      <Facts
        rows={[
          ["Name", <VisibleText key="n" text={profile.display_name} max={64} />],
          ...(bio === "" ? [] : [["About", <VisibleText key="b" text={bio} max={2048} />] as const]),
          ...(website === "" ? [] : [["Website", <Website key="w" text={website} />] as const]),
          ...(donations === ""
            ? []
            : [["Donations", <CopyId key="d" id={visibleText(donations)} label="the donation address" />] as const]),
          ["Since", <Ago key="t" time={profile.created} />],
        ]}
      />
    </Card>
  )
}

/** A link where it leads to a website, text otherwise. The whole address is shown, as the browser understands it. */
function Website({ text }: { text: string }): ReactNode {
  const address = webAddress(text)
  if (address === null) return <VisibleText text={text} max={256} />
  return (
    <a href={address} rel="noopener noreferrer nofollow ugc" target="_blank">
      <VisibleText text={address} max={256} />
    </a>
  )
}
