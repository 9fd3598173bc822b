// Sets theme and density before the first paint; src/lib/state/settings.svelte.ts takes over afterwards.
try {
  const { theme, density } = JSON.parse(localStorage.getItem('genomic-catalog:settings') ?? '{}')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  if (density === 'comfortable') document.documentElement.dataset.density = density
} catch {
  // Storage is switched off: the defaults hold.
}
