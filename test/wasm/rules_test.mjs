// SPDX-License-Identifier: Apache-2.0
// Proves that the WebAssembly module says what the native program says: every persona of every pack, every proof by
// enumeration; that bad input gets a sentence and no crash; that the file is small.
//
//     node rules_test.mjs HOSPITIUM BUILD-WASM POLICY
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { webcrypto } from 'node:crypto'

globalThis.crypto ??= webcrypto

const [hospitium, build, policy] = process.argv.slice(2)
const { Rules, RulesError, Slot } = await import(pathToFileURL(join(build, 'rules.js')))
const wasm = readFileSync(join(build, 'hospitium-rules.wasm'))
const folder = mkdtempSync(join(tmpdir(), 'hospitium-wasm-'))
process.on('exit', () => rmSync(folder, { recursive: true }))

let passed = 0
let failed = 0
async function test(name, body) {
  try {
    await body()
    passed++
    console.log(`ok   ${name}`)
  } catch (problem) {
    failed++
    console.log(`FAIL ${name}: ${problem.message}`)
  }
}

function native(...words) {
  return execFileSync(hospitium, words, { encoding: 'utf8', maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'pipe'] })
}

function compiled(pack) {
  const file = join(folder, `${pack}.rules.json`)
  native('rules', 'compile', join(policy, pack), file)
  return readFileSync(file)
}

const packs = readdirSync(policy, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name)
const standard = compiled('joint-standard')

async function opened(pack) {
  const rules = await Rules.open(wasm)
  await rules.load(Slot.Standard, standard)
  if (pack !== 'joint-standard') await rules.load(Slot.Pack, compiled(pack))
  return rules
}

// The native program, asked for all personas of one table at once.
function nativeAnswers(pack, decision, personas) {
  const lines = personas.map((persona) => JSON.stringify(persona.facts)).join('\n')
  const out = execFileSync(hospitium, ['decide', join(policy, pack), '--decision', decision, '--lines'], { input: lines, encoding: 'utf8' })
  return out.trim().split('\n').map((line) => JSON.parse(line))
}

const asked = (facts, names) => Object.fromEntries(Object.entries(facts).filter(([name]) => names.has(name)))

function factsOf(bytes, decision) {
  const set = JSON.parse(bytes)
  const table = set.decisions.find((one) => one.name === decision)
  return new Set(table.inputs.filter((input) => input.from === null).map((input) => input.name))
}

for (const pack of packs) {
  await test(`${pack}: every persona gets the native answer`, async () => {
    const rules = await opened(pack)
    const slot = pack === 'joint-standard' ? Slot.Standard : Slot.Pack
    const personas = JSON.parse(readFileSync(join(policy, pack, 'pack.json'), 'utf8')).personas ?? []
    const byTable = new Map()
    for (const persona of personas) {
      const table = persona.decision ?? 'entitlement'
      byTable.set(table, [...(byTable.get(table) ?? []), persona])
    }
    for (const [table, people] of byTable) {
      const names = slot === Slot.Pack ? factsOf(compiled(pack), table) : null
      const questions = people.map((persona) => ({ facts: names ? asked(persona.facts, names) : persona.facts }))
      const expected = nativeAnswers(pack, table, questions)
      questions.forEach(({ facts }, i) => assert.deepEqual(rules.decide(slot, table, facts), expected[i], people[i].who))
    }
    for (const persona of byTable.get('entitlement') ?? []) {
      const due = rules.ask(persona.facts)
      for (const [what, word] of Object.entries(persona.expect)) assert.equal(due[what], word, `${persona.who}: ${what}`)
    }
    assert.ok(personas.length > 0)
  })

  await test(`${pack}: proving again gives the native verdicts`, async () => {
    const rules = await opened(pack)
    const { record } = rules.proveAgain(pack === 'joint-standard' ? Slot.Standard : Slot.Pack)
    const word = (one) => [one.property, one.scope, one.enumeration ?? one.verdict, one.cells]
    let output
    try {
      output = native('prove', join(policy, pack), '--json')
    } catch (refuted) {
      output = refuted.stdout
    }
    const own = JSON.parse(output)
    assert.deepEqual(record.properties.map(word), own.properties.map(word))
    assert.equal(record.rules_sha256, own.rules_sha256)
    assert.ok(record.properties.length >= 4)
  })
}

await test('bad input gets a sentence', async () => {
  const rules = await opened('belgium')
  const says = (run, part) => assert.throws(run, (error) => error instanceof RulesError && error.message.includes(part))
  says(() => rules.ask({ service: 'no such service' }), 'not allowed')
  says(() => rules.ask({}), 'service')
  says(() => rules.decide(Slot.Pack, 'nothing', {}), 'entitlement')
  says(() => rules.decide(7, 'entitlement', {}), 'missing')
  await assert.rejects(rules.load(Slot.Pack, new TextEncoder().encode('{')), RulesError)
  says(() => rules.decide(Slot.Pack, 'entitlement', {}), 'missing')
  await assert.rejects(rules.load(Slot.Pack, standard.subarray(0, standard.length - 9)), RulesError)
})

await test('a question leaves nothing behind in memory', async () => {
  const rules = await Rules.open(wasm)
  await rules.load(Slot.Standard, standard)
  const canary = 'canary_7f3a_undocumented'
  assert.throws(() => rules.ask({ service: 'primary', urgency: canary }), RulesError)
  rules.put(new Uint8Array(1))
  const memory = Buffer.from(rules.wasm.memory.buffer)
  assert.equal(memory.indexOf(canary), -1)
})

await test('the module is at most 150 KB with gzip', () => {
  assert.ok(statSync(join(build, 'hospitium-rules.wasm.gz')).size <= 150 * 1024)
})

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
