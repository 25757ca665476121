// SPDX-License-Identifier: Apache-2.0
// The page "Check on this phone" (/rules): answers the care form with the rules in this browser, and proves them again.
//
// Everything that it shows stands in the page already, written by the server in the reader's language; here is no sentence.
// It loads the module, the rules and their proof records once, before the form can be used, and then forbids the page to
// load anything more. What is chosen is given to the module, which wipes it, and to nobody else.

import { Rules, Slot, type Due, type Facts, type ProofRecord, type Verdict } from './rules.js'

interface Served {
  slot: Slot
  bytes: Uint8Array
  record: ProofRecord
}

type Content = string | Node

// ---- the page ----

function must<T extends Element>(selector: string, root: ParentNode = document): T {
  const found = root.querySelector<T>(selector)
  if (!found) throw new Error(`the page has no ${selector}`)
  return found
}

const check = must<HTMLElement>('#check')
const form = must<HTMLFormElement>('form', check)
const problem = must<HTMLElement>('#problem')
const answer = must<HTMLElement>('#answer')
const summary = must<HTMLElement>('#prove-summary')
const sets = must<HTMLElement>('#prove-sets')
const words = must<HTMLTemplateElement>('#words').content

function shape(name: string): DocumentFragment {
  return must<HTMLTemplateElement>(`#${name}-shape`).content.cloneNode(true) as DocumentFragment
}

/** Puts text, or words of the page, into the places of that name. */
function say(root: ParentNode, place: string, content: Content): void {
  for (const element of root.querySelectorAll(`[data-say="${place}"]`)) {
    element.replaceChildren(typeof content === 'string' ? content : content.cloneNode(true))
  }
}

/** Leaves a part out that does not apply. */
function keep(root: ParentNode, part: string, applies: boolean): void {
  if (!applies) root.querySelectorAll(`[data-when="${part}"]`).forEach((element) => element.remove())
}

/** Words of the page by name; those of the rules come in either case. */
function word(name: string): DocumentFragment | null {
  const found = words.querySelector(`[data-word="${CSS.escape(name.toLowerCase())}"]`)
  if (!found) return null
  const content = document.createDocumentFragment()
  content.append(...found.cloneNode(true).childNodes)
  return content
}

/** A word that the page does not know stands as the rules wrote it, inside the sentence for that where there is one. */
function wordOr(name: string, raw: string, other?: string): Content {
  const known = word(name)
  if (known) return known
  const around = other ? word(other) : null
  if (!around) return raw
  say(around, 'word', raw)
  return around
}

// ---- what is loaded, once ----

async function fetched(address: string): Promise<Uint8Array> {
  const response = await fetch(address, { credentials: 'omit', referrerPolicy: 'no-referrer', redirect: 'error' })
  if (!response.ok) throw new Error(`${address}: ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}

async function serve(slot: Slot, rules: string, proof: string): Promise<Served> {
  const [bytes, record] = await Promise.all([fetched(rules), fetched(proof)])
  return { slot, bytes, record: JSON.parse(new TextDecoder().decode(record)) as ProofRecord }
}

async function load(): Promise<{ rules: Rules; served: Served[] }> {
  const { module, standard, standardProof, pack, packProof } = check.dataset
  if (!module || !standard || !standardProof) throw new Error('the page names no rules')
  const [wasm, ...served] = await Promise.all([
    fetched(module),
    serve(Slot.Standard, standard, standardProof),
    ...(pack && packProof ? [serve(Slot.Pack, pack, packProof)] : []),
  ])
  const rules = await Rules.open(wasm as BufferSource)
  for (const set of served) await rules.load(set.slot, set.bytes)
  return { rules, served }
}

/** From here on nothing can be loaded or sent by this page, not even by a mistake of this script (CSP 3, 3.3). */
function shutTheDoor(): void {
  const policy = document.createElement('meta')
  policy.httpEquiv = 'Content-Security-Policy'
  policy.content = "default-src 'none'; style-src 'self'; form-action 'none'"
  document.head.append(policy)
}

// ---- the question ----

class Unreadable extends Error {
  constructor(readonly field: HTMLInputElement, readonly sentence: string) {
    super(sentence)
  }
}

/** Law holds by the calendar of its place, so the day is the phone's own. */
function today(): string {
  const now = new Date()
  const two = (number: number) => String(number).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}

/** A number in the digits of the phone: ASCII, Arabic-Indic or Persian. Empty is not known. */
function numberIn(field: HTMLInputElement, least: number, most: number, sentence: string): string {
  const text = field.value.trim().replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 15))
  if (text === '') return ''
  if (!/^\d{1,9}$/.test(text) || Number(text) < least || Number(text) > most) throw new Unreadable(field, sentence)
  return String(Number(text))
}

function question(): Facts {
  const facts: Facts = {}
  for (const [name, value] of new FormData(form)) facts[name] = String(value)
  for (const field of form.querySelectorAll<HTMLInputElement>('input[data-least]')) {
    facts[field.name] = numberIn(field, Number(field.dataset.least), Number(field.dataset.most), 'problem.number')
  }
  facts.age_years = numberIn(must<HTMLInputElement>('#age', form), 0, 120, 'problem.age')
  if (facts.service === 'unknown') facts.service = check.dataset.serviceUnknown ?? 'primary'
  return { ...facts, as_of: facts.as_of || today() }
}

// ---- the answer ----

/** The floor once more, at the last door, as on the server's page: only care that is known to be able to wait can be
 * refused or has to be paid first. */
function verdict(urgency: string, guaranteed: boolean): string {
  if (!guaranteed) return 'verdict.ask'
  return { deferrable: 'verdict.due', urgent: 'verdict.soon', immediate: 'verdict.now' }[urgency] ?? 'verdict.clinician'
}

function show(due: Due, urgency: string): void {
  const canWait = urgency === 'deferrable'
  const guaranteed = due.may_refuse === 'no' || !canWait
  const charge = due.charge === 'PREPAY' && !canWait ? 'BILL_LATER' : due.charge
  const shown = shape('answer')
  say(shown, 'verdict', wordOr(verdict(urgency, guaranteed), ''))
  say(shown, 'refuse', wordOr(guaranteed ? 'refuse.no' : 'refuse.ask', ''))
  say(shown, 'charge', wordOr(`charge.${charge}`, '', 'charge.ask'))
  say(shown, 'access', wordOr(`entitlement.${due.access}`, '', 'entitlement.ask_clinician'))
  say(shown, 'paper', wordOr(`paper.${due.paper}`, due.paper, 'paper.other'))
  say(shown, 'helper', wordOr(`helper.${due.who_helps}`, due.who_helps, 'helper.other'))
  say(shown, 'row', due.row)
  say(shown, 'pack', due.pack)
  say(shown, 'citation', `${due.source}, ${due.article}`)
  keep(shown, 'draft', due.draft)
  answer.replaceChildren(shown)
  must<HTMLElement>('.verdict', answer).focus()
}

function clear(): void {
  answer.replaceChildren()
  problem.hidden = true
  form.querySelectorAll('[aria-invalid]').forEach((field) => field.removeAttribute('aria-invalid'))
}

function complain(sentence: string): void {
  problem.replaceChildren(wordOr(sentence, ''))
  problem.hidden = false
}

function ask(rules: Rules): void {
  clear()
  try {
    const facts = question()
    show(rules.ask(facts), String(facts.urgency ?? 'unknown'))
  } catch (reason) {
    complain(reason instanceof Unreadable ? reason.sentence : 'problem.rules')
    if (reason instanceof Unreadable) {
      reason.field.setAttribute('aria-invalid', 'true')
      reason.field.focus()
    }
  }
}

// ---- the proof ----

/** A record may hold what a solver said too; what was gone through case by case is what this page can repeat. What is
 * only reported does not hold either. */
function enumerated(verdict: Verdict): string {
  return verdict.enumeration ?? (verdict.verdict === 'reported' ? 'refuted' : verdict.verdict)
}

function isSame(own: Verdict, recorded: Verdict | undefined): boolean {
  return recorded !== undefined && own.property === recorded.property && own.scope === recorded.scope &&
    enumerated(own) === enumerated(recorded) && own.cells === recorded.cells
}

function showProperty(own: Verdict, same: boolean): DocumentFragment {
  const shown = shape('property')
  say(shown, 'sentence', own.sentence)
  say(shown, 'name', `${own.property}, ${own.scope}`)
  say(shown, 'verdict', wordOr(`proof.${own.verdict}`, own.verdict))
  say(shown, 'cases', own.cells.toLocaleString(document.documentElement.lang))
  say(shown, 'counterexample', own.counterexample ?? '')
  keep(shown, 'counterexample', own.counterexample !== undefined)
  say(shown, 'record', wordOr(same ? 'record.same' : 'record.other', ''))
  return shown
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Proves one set, shows it, and says whether all of it is as the node's record says. */
async function proveSet(rules: Rules, set: Served): Promise<boolean> {
  const { record: own } = rules.proveAgain(set.slot)
  const hash = await sha256(set.bytes)
  const aboutThese = own.rules_sha256 === hash && set.record.rules_sha256 === hash
  const shown = shape('proof')
  let same = set.record.properties.length === own.properties.length
  const properties = document.createDocumentFragment()
  own.properties.forEach((property, i) => {
    const agrees = isSame(property, set.record.properties[i])
    same &&= agrees
    properties.append(showProperty(property, agrees))
  })
  say(shown, 'pack', own.pack)
  say(shown, 'version', own.version)
  say(shown, 'sha256', hash)
  say(shown, 'hash', wordOr(aboutThese ? 'hash.same' : 'hash.differs', ''))
  say(shown, 'properties', properties)
  sets.append(shown)
  return same && aboutThese
}

async function prove(rules: Rules, served: Served[], button: HTMLButtonElement): Promise<void> {
  button.disabled = true
  sets.replaceChildren()
  summary.replaceChildren(wordOr('prove.busy', ''))
  await new Promise((painted) => setTimeout(painted, 50))
  let agrees = true
  try {
    for (const set of served) agrees = (await proveSet(rules, set)) && agrees
  } catch {
    agrees = false
  }
  summary.replaceChildren(wordOr(agrees ? 'prove.agrees' : 'prove.differs', ''))
  summary.dataset.agrees = String(agrees)
  button.disabled = false
}

// ---- start ----

function begin({ rules, served }: { rules: Rules; served: Served[] }): void {
  const button = must<HTMLButtonElement>('#prove button')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    ask(rules)
  })
  form.addEventListener('reset', () => {
    clear()
    form.querySelector('input')?.focus()
  })
  button.addEventListener('click', () => void prove(rules, served, button))
  // Whoever has the phone next, or goes back to this page, finds it empty.
  window.addEventListener('pagehide', () => {
    form.reset()
    clear()
  })
  must<HTMLElement>('#ordinary').hidden = true
  check.hidden = false
}

// Where anything is missing, the page stays as it came: with the way to the ordinary form.
load().then((loaded) => {
  shutTheDoor()
  begin(loaded)
}).catch((reason: unknown) => console.info('The check does not start:', reason))
