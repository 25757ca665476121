// SPDX-License-Identifier: Apache-2.0
// Opens every rendered page in Chromium, in both themes and at phone and desktop width, and proves: axe finds no
// violation, nothing scrolls sideways at 320 px, and everything that a finger must hit is at least 44 px high.
// axe.mjs RENDER-PAGES. Exit 77 (skipped) without Chromium or without `npm ci`.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const VIEWS = [{ width: 320, colorScheme: 'light' }, { width: 1280, colorScheme: 'dark' }];
const TARGET = 44;

function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(77);
}

async function load() {
  try {
    const { chromium } = await import('playwright-core');
    const { default: axe } = await import('axe-core');
    return { chromium, axe };
  } catch {
    return skip('run `npm ci` to install axe-core and playwright-core');
  }
}

// Links inside a sentence are excepted (WCAG 2.2, 2.5.8); buttons, choices and links that stand alone are not.
function smallTargets(least) {
  const alone = 'button, summary, input[type=text], select, .choice, .button, .door, .exit, .brand, .languages a, '
    + '.links a';
  return [...document.querySelectorAll(alone)]
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < least - 0.5)
    .map((element) => `${element.className || element.tagName} is ${element.getBoundingClientRect().height} px high`);
}

async function faultsOf(page, axe) {
  await page.evaluate(() => document.querySelectorAll('details').forEach((details) => { details.open = true; }));
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  const faults = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target).join(' ')}`);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (sideways > 0) faults.push(`scrolls ${sideways} px sideways`);
  return faults.concat(await page.evaluate(smallTargets, TARGET));
}

async function checkAll(browser, axe, directory) {
  let checked = 0;
  let failed = 0;
  for (const view of VIEWS) {
    const { width, colorScheme } = view;
    const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme });
    const page = await context.newPage();
    for (const name of readdirSync(directory).filter((file) => file.endsWith('.html')).sort()) {
      await page.goto(`file://${join(directory, name)}`);
      const faults = await faultsOf(page, axe);
      faults.forEach((fault) => console.log(`${name} at ${view.width} px, ${view.colorScheme}: ${fault}`));
      checked += 1;
      failed += faults.length > 0;
    }
    await context.close();
  }
  console.log(`${checked - failed} pages passed, ${failed} failed`);
  return checked > 0 && failed === 0;
}

const { chromium, axe } = await load();
if (!existsSync(CHROMIUM)) skip(`no Chromium at ${CHROMIUM}`);
const directory = mkdtempSync(join(tmpdir(), 'pages-'));
execFileSync(process.argv[2], [directory]);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
const good = await checkAll(browser, axe, directory);
await browser.close();
rmSync(directory, { recursive: true });
process.exit(good ? 0 : 1);
