// SPDX-License-Identifier: Apache-2.0
// GoRules ZEN and feelin on the tables and expressions of tables.py. One line of JSON a figure:
// {"engine", "what", "ns", "right"}; CPU time of the process, the best of several rounds.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [folder, packages] = process.argv.slice(2)
const require = createRequire(packages + '/')
const { ZenEngine, evaluateExpressionSync } = require('@gorules/zen-engine')
const { evaluate, unaryTest } = require('feelin')

const cpuNs = () => { const { user, system } = process.cpuUsage(); return (user + system) * 1000 }

// Rounds until two seconds of CPU are spent, at least three.
function best(run, count) {
  let least = Infinity
  const from = cpuNs()
  for (let round = 0; round < 3 || cpuNs() - from < 2e9; round++) {
    const start = cpuNs()
    run()
    least = Math.min(least, (cpuNs() - start) / count)
  }
  return least
}

async function bestAsync(run, count) {
  let least = Infinity
  const from = cpuNs()
  for (let round = 0; round < 3 || cpuNs() - from < 2e9; round++) {
    const start = cpuNs()
    await run()
    least = Math.min(least, (cpuNs() - start) / count)
  }
  return least
}

const report = (engine, what, ns, right) => console.log(JSON.stringify({ engine, what, ns, right }))

for (const rows of [10, 1000, 16369]) {
  const all = readFileSync(`${folder}/questions_${rows}.jsonl`, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
  const questions = all.slice(0, rows > 1000 ? 64 : 512)
  const decision = new ZenEngine().createDecision(readFileSync(`${folder}/table_${rows}.jdm.json`))
  let right = true
  const ns = await bestAsync(async () => {
    for (const { value, facts } of questions) right = (await decision.evaluate(facts)).result.row === value && right
  }, questions.length)
  report('zen', `table ${rows}`, ns, right)
}

const same = (value, expected) => JSON.stringify(value) === JSON.stringify(expected)
// ZEN's own dialect, where it says the same thing with other words.
const inZen = {
  condition: 'age < 18 ? "child" : age >= 65 ? "senior" : "adult"',
  range: 'age in [18..65] and weight >= 40 and weight <= 120',
  filter: 'len(filter(items, #.price > 20))',
  for: 'sum(map(items, # * 2))',
  some: 'some(items, # > 9)',
  string: 'upper(name[0:2]) + "-" + string(number)',
  logic: '(a > 5 and b < 3) or not (c == 7)',
  context: null,
}
for (const { name, text, context, value } of JSON.parse(readFileSync(`${folder}/expressions.json`))) {
  let right = true
  const ns = best(() => { for (let i = 0; i < 2000; i++) { const got = evaluate(text, context); right = same(got?.value ?? got, value) && right } }, 2000)
  report('feelin', name, ns, right)
  const zen = name in inZen ? inZen[name] : text
  if (zen === null) continue
  right = true
  const zenNs = best(() => { for (let i = 0; i < 2000; i++) right = same(evaluateExpressionSync(zen, context), value) && right }, 2000)
  report('zen', name, zenNs, right)
}
void unaryTest
