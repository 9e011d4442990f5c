import { describeSqlite } from "./database.ts"
import { describeStore } from "./store.ts"

describeSqlite("Store on SQLite", describeStore)
