// Which fonts are bundled, and how style sheets see them. Latin and extended Latin only: other scripts come from
// the system. Family names carry no suffix, so that a system copy can stand in while they load.

const LATIN = "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD";
const LATIN_EXTENDED = "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+0304,U+0308,U+0329,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF";

export const FONTS = [
  face("Inter", "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", "100 900", LATIN),
  face("Inter", "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2", "100 900", LATIN_EXTENDED),
  face("JetBrains Mono", "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2", "100 800", LATIN),
  face("JetBrains Mono", "@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-ext-wght-normal.woff2", "100 800", LATIN_EXTENDED),
];

function face(family, file, weights, range) {
  return { family, file, weights, range };
}

/** `@font-face` rules; `names` maps each font's file to its name among the assets. */
export function fontFaces(names) {
  return FONTS.map(
    ({ family, file, weights, range }) => `@font-face {
  font-family: "${family}";
  font-style: normal;
  font-weight: ${weights};
  font-display: swap;
  src: url("./${names[file]}") format("woff2-variations"), url("./${names[file]}") format("woff2");
  unicode-range: ${range};
}
`,
  ).join("");
}
