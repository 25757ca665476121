// SPDX-License-Identifier: Apache-2.0
// The rules in a browser: decides and proves with the same code as the server, and sends nothing anywhere. The module is
// hospitium-rules.wasm (src/wasm); one object of this class is one instance of it.

interface Exports {
  memory: WebAssembly.Memory
  _initialize(): void
  room(length: number): number
  set_hash(): number
  load(slot: number): number
  decide(slot: number): number
  ask(): number
  prove_again(slot: number): number
  answer(): number
  answer_length(): number
}

export type Facts = Record<string, string | number>

/** What care is due, in the words of the rules, with the row that decided and what it rests on. */
export interface Due {
  access: string
  may_refuse: string
  charge: string
  paper: string
  who_helps: string
  pack: string
  row: string
  charge_row: string
  source: string
  article: string
  text: string
  draft: boolean
}

export interface Verdict {
  property: string
  scope: string
  sentence: string
  verdict: string
  /** What going through every case gave, where the verdict takes a solver's word too. */
  enumeration?: string
  cells: number
  counterexample?: string
}

export interface ProofRecord {
  pack: string
  version: string
  rules_sha256: string
  properties: Verdict[]
}

export enum Slot { Standard = 0, Pack = 1 }

/** A sentence that a person can read, in the words of the program. */
export class RulesError extends Error {}

// The C library asks for these three and the module never calls them: it prints nothing.
const silent = { fd_close: () => 8, fd_seek: () => 8, fd_write: () => 8 }

export class Rules {
  private constructor(private readonly wasm: Exports) {}

  static async open(bytes: BufferSource): Promise<Rules> {
    const { instance } = await WebAssembly.instantiate(bytes, { wasi_snapshot_preview1: silent })
    const wasm = instance.exports as unknown as Exports
    wasm._initialize()
    return new Rules(wasm)
  }

  private put(bytes: Uint8Array): void {
    const at = this.wasm.room(bytes.length)
    if (at === 0) throw new RulesError('There is not enough memory for this.')
    new Uint8Array(this.wasm.memory.buffer, at, bytes.length).set(bytes)
  }

  private get(code: number): string {
    const text = new TextDecoder().decode(
      new Uint8Array(this.wasm.memory.buffer, this.wasm.answer(), this.wasm.answer_length()).slice())
    if (code !== 0) throw new RulesError(text)
    return text
  }

  /** Compiled bytes (`NAME.rules.json`), as the node serves them. */
  async load(slot: Slot, bytes: Uint8Array): Promise<void> {
    const digest = await crypto.subtle.digest('SHA-256', bytes as BufferSource)
    this.put(new Uint8Array(digest))
    this.wasm.set_hash()
    this.put(bytes)
    this.get(this.wasm.load(slot))
  }

  /** Asks one table. */
  decide(slot: Slot, decision: string, facts: Facts): unknown {
    this.put(new TextEncoder().encode(`${decision}\n${JSON.stringify(facts)}`))
    return JSON.parse(this.get(this.wasm.decide(slot)))
  }

  /** What care is due: the joint standard and the pack, the better of both. The question is wiped. */
  ask(facts: Facts): Due {
    this.put(new TextEncoder().encode(JSON.stringify(facts)))
    const due = JSON.parse(this.get(this.wasm.ask())) as Due
    this.put(new Uint8Array(1))
    return due
  }

  /** Goes through every case again. The text is the proof record, byte for byte what the native program writes. */
  proveAgain(slot: Slot): { text: string; record: ProofRecord } {
    const text = this.get(this.wasm.prove_again(slot))
    return { text, record: JSON.parse(text) as ProofRecord }
  }
}
