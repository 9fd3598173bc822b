export type Theme = 'system' | 'light' | 'dark'
export type Density = 'compact' | 'comfortable'

/** Also read by public/appearance.js before the first paint. */
const KEY = 'genomic-catalog:settings'

interface Stored {
  theme: Theme
  density: Density
}

function stored(): Partial<Stored> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Stored>
  } catch {
    return {}
  }
}

/** How the page looks; kept on the device. */
class Settings {
  theme = $state<Theme>(stored().theme ?? 'system')
  density = $state<Density>(stored().density ?? 'compact')

  setTheme(theme: Theme) {
    this.theme = theme
    const root = document.documentElement
    if (theme === 'system') delete root.dataset.theme
    else root.dataset.theme = theme
    this.#save()
  }

  setDensity(density: Density) {
    this.density = density
    const root = document.documentElement
    if (density === 'comfortable') root.dataset.density = density
    else delete root.dataset.density
    this.#save()
  }

  #save() {
    try {
      localStorage.setItem(KEY, JSON.stringify({ theme: this.theme, density: this.density } satisfies Stored))
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }
}

export const settings = new Settings()
