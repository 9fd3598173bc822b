import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { findChromium } from '../../server/setup/chromium.mjs'
import { requires } from './requires.ts'

/** `describe.runIf(requiresChromium())`: false, counted and named, where no Chromium is installed. */
export const requiresChromium = (): boolean => requires('Chromium', findChromium() !== null)

/** Starts Chromium without a window. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium()!, args: ['--no-sandbox'] })
}
