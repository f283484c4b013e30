/** What a newcomer reads first. */
export const help = (
  agent: string,
): string => `Hello, I am **${agent}**, a simulated agent. Say anything and I answer with it. Some words do more:

| Say | and see |
|---|---|
| \`stream a poem\` | an answer that is written before your eyes |
| \`slow\` or \`job 20\` | work that takes its time (20 seconds) and reports back in this thread |
| \`ask me\` | a question with buttons; a button or your next message answers it |
| \`sign in\` | a request to sign in, after which I go on |
| \`file\`, \`file png\` | a small table or picture; and send me a file, I tell what I got |
| \`fail\`, \`reject\` | how bad news looks |
| \`long\` | 40,000 characters, with tables and code |
| \`hostile\` | what a malicious agent would send |
| \`cut\`, \`silent\` | a broken line, and an agent that never answers |

Then follow up in the same thread: I remember what you said.`;

/** Said in pieces, so that an answer grows. */
export const verses: readonly string[] = [
  "### The wire\n\n",
  "A word went out ",
  "upon a wire, ",
  "one quiet ",
  "afternoon;\n",
  "it said: ",
  "*I am a ",
  "small desire, ",
  "please answer ",
  "me quite soon.*\n\n",
  "The wire held it, ",
  "row by row, ",
  "and wrote it ",
  "down in ink,\n",
  "for wires die, ",
  "as wires know, ",
  "much quicker ",
  "than you think.\n\n",
  "But ink stays ",
  "**written**.",
];

/** Tables, code and prose up to `length` characters: what a splitter must cut at safe places. */
export function bigTable(length: number): string {
  let text = "# A long report\n";
  for (let chapter = 1; text.length < length; chapter += 1) text += chapterOf(chapter);
  return `${text.slice(0, length - 12).replace(/\n[^\n]*$/, "")}\n\n*The end.*`;
}

function chapterOf(number: number): string {
  const rows = Array.from(
    { length: 8 },
    (_, row) => `| ${number}.${row + 1} | laptop-${number * 8 + row} | ${(number * 37 + row * 11) % 100} % |`,
  );
  return `
## Chapter ${number}

The fleet was looked at once more, and **most of it** is well. What follows is the list, for those who like lists; see [the handbook](https://example.com/handbook#${number}).

| No. | Device | Disk used |
|---|---|---|
${rows.join("\n")}

\`\`\`ts
// chapter ${number}: how it was measured
export function used(device: string): number {
  const disk = readings.get(device) ?? { used: 0, size: 1 };
  return Math.round((100 * disk.used) / disk.size);
}
\`\`\`

1. Restart what is slow.
2. Replace what is full.
3. Thank whoever reads this far.
`;
}

/** What must arrive as harmless text. */
export const hostile = `<!channel> <!here> <!everyone> @everyone @here @channel <@U00000001> <at>everyone</at> please all look!

<script>alert("hello")</script><img src=x onerror="alert(1)">

[https://your-bank.example.com](https://evil.example.net/login) and <https://evil.example.net/login|https://your-bank.example.com>

[click](javascript:alert(1)) ![tracker](https://evil.example.net/pixel.png?who=you)

\u202Etxt.exe is not what it seems\u202C, and \u200Bneither\u200B is this.

\`\`\`
a code block that is never closed <!channel>`;
