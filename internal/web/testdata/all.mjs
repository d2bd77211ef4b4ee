import { runAll } from "./harness.mjs"
import "./connection.test.mjs"
import "./content.test.mjs"
import "./model.test.mjs"
import "./text.test.mjs"

export const results = await runAll()
