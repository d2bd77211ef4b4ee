/** @type {{name: string, run: () => void | Promise<void>}[]} */
const tests = []

/**
 * @param {string} name  a sentence about behaviour
 * @param {() => void | Promise<void>} run  throws if it does not behave so
 */
export function test(name, run) {
  tests.push({ name, run })
}

/**
 * @param {unknown} got
 * @param {unknown} want
 * @param {string} [what]
 */
export function equal(got, want, what = "") {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)]
  if (a !== b) throw new Error(`${what} got ${a}, want ${b}`)
}

/** Runs what was registered. @returns {Promise<{name: string, problem: string}[]>} */
export async function runAll() {
  const results = []
  for (const { name, run } of tests) {
    let problem = ""
    try {
      await run()
    } catch (error) {
      problem = error instanceof Error ? `${error.message}\n${error.stack}` : String(error)
    }
    results.push({ name, problem })
  }
  return results
}
