import { describePostgres } from "./database.ts"
import { describeStore } from "./store.ts"

describePostgres("Store on PostgreSQL", describeStore)
