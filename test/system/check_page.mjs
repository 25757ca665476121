// SPDX-License-Identifier: Apache-2.0
// The page "Check on this phone" of a running node, in a real browser: what is answered, that nothing leaves the phone, that
// the proof is done again, with scripts off, in Arabic, and for somebody who cannot see.
//
//     node check_page.mjs BELGIUM-URL FRANCE-URL SPAIN-URL
//
// Prints one line a test. Exit 77 (skipped) without Chromium or without `npm ci`.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync']
const PHONE = { width: 320, height: 844 }
const [belgium, france, spain] = process.argv.slice(2)

function skip(reason) {
  console.log(`skipped: ${reason}`)
  process.exit(77)
}

async function tools() {
  try {
    const [{ chromium }, { default: axe }] = await Promise.all([import('playwright-core'), import('axe-core')])
    return { chromium, axe }
  } catch {
    return skip('run `npm ci` to install axe-core and playwright-core')
  }
}

const { chromium, axe } = await tools()
if (!existsSync(CHROMIUM)) skip(`no Chromium at ${CHROMIUM}`)
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })

let failed = 0
async function test(name, options, body) {
  const begun = performance.now()
  const context = await browser.newContext({ viewport: PHONE, locale: 'en', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(20000)
  try {
    await body(page)
    console.log(`ok   ${name} (${((performance.now() - begun) / 1000).toFixed(1)} s)`)
  } catch (problem) {
    failed++
    console.log(`FAIL ${name}: ${problem.message}`)
  }
  await context.close()
}

// Opens the page, waits until the rules are there, and writes down every request from then on.
async function open(page, node, query = '') {
  const late = []
  await page.goto(`${node}/rules${query}`)
  await page.locator('#check').waitFor({ state: 'visible' })
  page.on('request', (request) => late.push(request.url()))
  return late
}

async function choose(page, choices, age) {
  for (const [name, value] of Object.entries(choices)) {
    await page.locator(`input[name="${name}"][value="${value}"]`).evaluate((input) => {
      const details = input.closest('details')
      if (details) details.open = true
    })
    await page.locator(`input[name="${name}"][value="${value}"]`).check()
  }
  await page.locator('#age').fill(age)
}

// The same at once, for many questions.
async function set(page, choices, age) {
  await page.evaluate(([chosen, years]) => {
    for (const [name, value] of Object.entries(chosen)) {
      document.querySelector(`input[name="${name}"][value="${value}"]`).checked = true
    }
    document.querySelector('#age').value = years
  }, [choices, age])
}

const SAMIRAS_CHILD = { whom: 'child', urgency: 'urgent', service: 'child', means: 'below_threshold', status: 'undocumented' }

async function ask(page) {
  await page.locator('#check form button:not([type])').click()
  await page.locator('#answer .verdict').waitFor()
}

// What the server's own page says to the same question: the row that decided, and each line of the answer.
async function linesOfServer(node, choices, age, language) {
  const answer = await fetch(`${node}/care/answer?lang=${language}`, {
    method: 'POST', body: new URLSearchParams({ ...choices, age }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  assert.equal(answer.status, 200)
  return answer.text()
}

function linesOf(html, read) {
  return read.evaluate((_, text) => {
    const page = new DOMParser().parseFromString(text, 'text/html')
    const text_of = (element) => element.textContent.replace(/\s+/g, ' ').trim()
    return [page.querySelector('.verdict'), ...page.querySelectorAll('.column:first-child dd'), ...page.querySelectorAll('.rule dd')].map(text_of)
  }, html)
}

async function linesOfPage(page) {
  return page.evaluate(() => [...document.querySelectorAll('#answer .verdict, #answer .column dd, #answer .rule dd')]
    .map((element) => element.textContent.replace(/\s+/g, ' ').trim()))
}

for (const language of ['en', 'fr', 'ar']) {
  await test(`Samira's child gets the server's answer in ${language}, and nothing leaves the phone`, {}, async (page) => {
    const late = await open(page, belgium, `?lang=${language}`)
    const before = page.url()
    await choose(page, SAMIRAS_CHILD, language === 'ar' ? '٤' : '4')
    await ask(page)
    const shown = await linesOfPage(page)
    const reader = await (await browser.newContext()).newPage()
    const own = await linesOf(await linesOfServer(belgium, SAMIRAS_CHILD, '4', language), reader.locator('html'))
    assert.deepEqual(shown, own)
    assert.equal(shown.length, 8)
    assert.match(shown.join(' '), /BE-\d+/)
    assert.match(await page.locator('#answer').textContent(), /112/)
    assert.equal(await page.locator('#answer .notice').count(), 1)
    assert.equal(await page.locator('#answer [data-when="draft"]').count(), 1)
    assert.deepEqual(late, [])
    assert.equal(page.url(), before)
    assert.equal(await page.evaluate(() => document.activeElement.className), 'verdict')
    await reader.context().close()
  })
}

await test('every kind of care and every status get the answer of the server', {}, async (page) => {
  const late = await open(page, belgium)
  const reader = await (await browser.newContext()).newPage()
  const values = (name) => page.locator(`input[name="${name}"]`).evaluateAll((inputs) => inputs.map((input) => input.value))
  const [services, statuses] = [await values('service'), await values('status')]
  assert.ok(services.length >= 19 && statuses.length >= 15)
  for (let i = 0; i < Math.max(services.length, statuses.length); i++) {
    const choices = { urgency: i % 2 ? 'deferrable' : 'unknown', service: services[i % services.length], status: statuses[i % statuses.length] }
    await set(page, choices, i % 3 ? '31' : '')
    await ask(page)
    const own = await linesOf(await linesOfServer(belgium, choices, i % 3 ? '31' : '', 'en'), reader.locator('html'))
    assert.deepEqual(await linesOfPage(page), own, JSON.stringify(choices))
  }
  assert.deepEqual(late, [])
  await reader.context().close()
})

await test('once the rules are there the page can load nothing more, even if it tried', {}, async (page) => {
  const late = await open(page, belgium)
  const came = await page.evaluate(async () => {
    const beacon = navigator.sendBeacon('/livez', 'x')
    const image = await new Promise((done) => {
      const picture = new Image()
      picture.onload = () => done('loaded')
      picture.onerror = () => done('refused')
      picture.src = '/no-such-picture'
    })
    const fetched = await fetch('/livez').then(() => 'loaded', () => 'refused')
    document.querySelector('#check form').submit()
    return { beacon, image, fetched }
  })
  assert.equal(came.image, 'refused')
  assert.equal(came.fetched, 'refused')
  assert.deepEqual(late.filter((url) => !url.includes('/livez')).filter((url) => !url.includes('no-such-picture')), [])
  assert.ok(page.url().endsWith('/rules'))
})

// Spain's rules changed in March 2026 and take no question without a day.
await test('the day is the phone\'s own, and nobody is asked for it', {}, async (page) => {
  await open(page, spain)
  assert.equal(await page.locator('#as_of').count(), 0)
  const choices = { urgency: 'deferrable', service: 'primary', status: 'undocumented' }
  await choose(page, choices, '31')
  await ask(page)
  const reader = await (await browser.newContext()).newPage()
  assert.deepEqual(await linesOfPage(page), await linesOf(await linesOfServer(spain, choices, '31', 'en'), reader.locator('html')))
  await reader.context().close()
})

await test('what the place asks beyond the form is asked, and changes the answer', {}, async (page) => {
  const late = await open(page, france)
  await choose(page, { urgency: 'deferrable', service: 'primary', means: 'below_threshold', status: 'undocumented' }, '31')
  await page.locator('#stay_days').fill('400')
  await page.locator('#ame_card').selectOption('yes')
  await ask(page)
  const settled = await linesOfPage(page)
  await page.locator('#stay_days').fill('3')
  await page.locator('#ame_card').selectOption('no')
  await ask(page)
  assert.notDeepEqual(await linesOfPage(page), settled)
  assert.match(settled.join(' '), /FR-2\d/)
  assert.deepEqual(late, [])
})

await test('what the rules warn of stands above the questions', {}, async (page) => {
  await open(page, france, '?lang=ar')
  const warning = page.locator('.before')
  assert.match(await warning.textContent(), /officers who decide on visas/)
  assert.equal(await warning.locator('li p').first().getAttribute('lang'), 'en')
  assert.ok((await warning.boundingBox()).y < (await page.locator('#check form').boundingBox()).y)
})

await test('a number that is none is given back to be mended', {}, async (page) => {
  await open(page, france)
  for (const [field, text] of [['#age', 'four'], ['#age', '121'], ['#stay_days', '3651'], ['#stay_days', '-1']]) {
    await page.locator(field).fill(text)
    await page.locator('#check form button:not([type])').click()
    await page.locator('#problem').waitFor({ state: 'visible' })
    assert.equal(await page.locator(field).getAttribute('aria-invalid'), 'true', `${field} ${text}`)
    assert.equal(await page.locator('#answer *').count(), 0)
    await page.locator(field).fill('')
  }
  await ask(page)
  assert.equal(await page.locator('[aria-invalid]').count(), 0)
  await page.locator('button[type="reset"]').click()
  assert.equal(await page.locator('#answer *').count(), 0)
})

async function prove(page) {
  await page.locator('#prove button').click()
  await page.locator('#prove-summary[data-agrees]').waitFor({ timeout: 120000 })
  return page.locator('#prove-summary').getAttribute('data-agrees')
}

await test('the rules are proved again, and agree with the node\'s record', {}, async (page) => {
  const late = await open(page, belgium)
  assert.equal(await prove(page), 'true')
  const records = await Promise.all(['joint-standard', 'belgium'].map((name) =>
    fetch(`${belgium}/rules/${name}.proof.json`).then((answer) => answer.json())))
  const properties = records.flatMap((record) => record.properties)
  assert.equal(await page.locator('#prove-sets li').count(), properties.length)
  const text = await page.locator('#prove-sets').textContent()
  for (const record of records) assert.ok(text.includes(record.rules_sha256))
  for (const property of properties) assert.ok(text.includes(property.sentence), property.sentence)
  assert.deepEqual(late, [])
})

await test('a record with a second prover\'s word is compared by what was gone through', {}, async (page) => {
  await page.route('**/rules/belgium.proof.json', async (route) => {
    const answer = await route.fetch()
    const record = await answer.json()
    for (const property of record.properties) {
      property.enumeration ??= property.verdict === 'proved' ? 'proved' : 'refuted'
      property.verdict = 'unproved'
    }
    await route.fulfill({ response: answer, body: JSON.stringify(record) })
  })
  await open(page, belgium)
  assert.equal(await prove(page), 'true')
})

for (const [what, file, change] of [
  ['a verdict', 'belgium.proof.json', (text) => text.replace(/"(enumeration|verdict)":"proved"/g, '"$1":"refuted"')],
  ['a number of cases', 'belgium.proof.json', (text) => text.replace(/"cells":(\d)/, '"cells":9$1')],
  ['the hash of the rules', 'joint-standard.proof.json', (text) => text.replace(/"rules_sha256":"./, '"rules_sha256":"z')],
  ['a property left out', 'belgium.proof.json', (text) => {
    const record = JSON.parse(text)
    record.properties.pop()
    return JSON.stringify(record)
  }],
  ['the rules themselves', 'belgium.json', (text) => text.replace('"version":"', '"version":"x')],
]) {
  await test(`a record that differs in ${what} is told`, {}, async (page) => {
    await page.route(`**/rules/${file}`, async (route) => {
      const answer = await route.fetch()
      const [text, changed] = [await answer.text(), change(await answer.text())]
      assert.notEqual(text, changed)
      await route.fulfill({ response: answer, body: changed })
    })
    await open(page, belgium)
    assert.equal(await prove(page), 'false')
  })
}

await test('paper does not show the answer, and who comes back to the page finds it empty', {}, async (page) => {
  await open(page, belgium)
  await choose(page, SAMIRAS_CHILD, '4')
  await ask(page)
  await page.emulateMedia({ media: 'print' })
  assert.equal(await page.locator('#answer').isVisible(), false)
  await page.emulateMedia({ media: 'screen' })
  assert.equal(await page.locator('#answer').isVisible(), true)
  await page.goto(`${belgium}/`)
  await page.goBack()
  await page.locator('#check').waitFor({ state: 'visible' })
  assert.equal(await page.locator('#answer *').count(), 0)
  assert.equal(await page.locator('#age').inputValue(), '')
  assert.equal(await page.locator('input[name="status"][value="unknown"]').isChecked(), true)
})

await test('where the module cannot be had the page leads to the ordinary form', {}, async (page) => {
  await page.route('**/*.wasm', (route) => route.abort())
  const gone = page.waitForEvent('requestfailed')
  await page.goto(`${belgium}/rules`)
  await gone
  assert.equal(await page.locator('#check').isVisible(), false)
  assert.equal(await page.locator('#ordinary a').isVisible(), true)
})

await test('with scripts off the page leads to the ordinary form', { javaScriptEnabled: false }, async (page) => {
  await page.goto(`${belgium}/rules`)
  assert.equal(await page.locator('#check').isVisible(), false)
  await page.locator('#ordinary a').click()
  assert.equal(new URL(page.url()).pathname, '/care')
  assert.equal(await page.locator('form[action="/care/answer"]').isVisible(), true)
})

for (const [language, colorScheme] of [['en', 'light'], ['ar', 'dark']]) {
  // The policy is switched off here for axe alone, which runs as a script of the page.
  await test(`axe finds nothing in ${language}, ${colorScheme}, with answer and proof open`, { colorScheme, bypassCSP: true }, async (page) => {
    await open(page, france, `?lang=${language}`)
    await choose(page, SAMIRAS_CHILD, '4')
    await ask(page)
    await prove(page)
    assert.equal(await page.locator('html').getAttribute('dir'), language === 'ar' ? 'rtl' : 'ltr')
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
    assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(' ')}`), [])
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), 0)
  })
}

await browser.close()
process.exit(failed ? 1 : 0)
