import { Button, createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const ultramarine: MantineColorsTuple = [
  '#ececfb',
  '#d9d8ff',
  '#b9b7ff',
  '#9b98ff',
  '#7b79f2',
  '#5b5cdd',
  '#4448c8',
  '#3036b4',
  '#23278c',
  '#1a1d66',
];

/** The one Mantine theme; colours and faces come from the `--r-*` variables of `styles/tokens.css`. */
export const theme = createTheme({
  primaryColor: 'ultramarine',
  colors: { ultramarine },
  primaryShade: { light: 7, dark: 3 },
  autoContrast: true,
  defaultRadius: 4,
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'var(--r-sans)',
  fontFamilyMonospace: 'var(--r-mono)',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  headings: { fontFamily: 'var(--r-serif)', fontWeight: '500' },
  components: {
    Button: Button.extend({ defaultProps: { size: 'sm', variant: 'default' } }),
    Input: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Popover: { defaultProps: { radius: 8, withinPortal: true, transitionProps: { duration: 120 } } },
    Menu: { defaultProps: { radius: 8, withinPortal: true, transitionProps: { duration: 120 } } },
    Modal: {
      defaultProps: {
        radius: 8,
        centered: true,
        transitionProps: { duration: 200, transition: 'fade' },
        closeButtonProps: { 'aria-label': 'Close' },
        // The head of a dialog is no second banner of the page.
        attributes: { header: { role: 'presentation' } },
      },
    },
    Tooltip: {
      defaultProps: {
        openDelay: 300,
        withArrow: false,
        radius: 4,
        events: { hover: true, focus: true, touch: true },
      },
    },
  },
});

const variables = {
  '--mantine-color-body': 'var(--r-paper)',
  '--mantine-color-text': 'var(--r-ink)',
  '--mantine-color-dimmed': 'var(--r-ink3)',
  '--mantine-color-bright': 'var(--r-ink)',
  '--mantine-color-placeholder': 'var(--r-ink3)',
  '--mantine-color-anchor': 'var(--r-accent)',
  '--mantine-color-error': 'var(--r-fail)',
  '--mantine-color-default': 'var(--r-surface)',
  '--mantine-color-default-hover': 'var(--r-hover)',
  '--mantine-color-default-color': 'var(--r-ink)',
  '--mantine-color-default-border': 'var(--r-lineStrong)',
  '--mantine-color-disabled': 'transparent',
  '--mantine-color-disabled-color': 'var(--r-ink3)',
  '--mantine-color-disabled-border': 'var(--r-line)',
  '--mantine-primary-color-filled': 'var(--r-accent)',
  '--mantine-primary-color-filled-hover': 'var(--r-accentHover)',
  '--mantine-primary-color-contrast': 'var(--r-onAccent)',
  '--mantine-primary-color-light': 'var(--r-selected)',
};

/** Maps Mantine's variables onto ours; both schemes share one map, since ours change with the scheme. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: variables,
  dark: variables,
});
