/// <reference types="@sveltejs/kit" />

declare global {
  /** Version of the project, set by vite.config.ts. */
  const __VERSION__: string
}

export {}
