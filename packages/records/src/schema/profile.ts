import { z } from "zod"
import { common, text } from "./fields.ts"

/** How a node's keeper wants to be shown. Explorer text only: it touches nothing else. Newest per author wins. */
export interface ProfileBody {
  kind: "profile"
  v: 1
  author: Uint8Array
  created: number
  display_name: string
  bio: string
  website: string
  avatar_url: string
  donation_address: string
}

export const profileSchema: z.ZodType<ProfileBody> = z.strictObject({
  ...common("profile"),
  display_name: text(64),
  bio: text(2048),
  website: text(256),
  avatar_url: text(512),
  donation_address: text(256),
})
