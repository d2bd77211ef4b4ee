package test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser starts a headless Chromium for a test.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("/usr/bin/chromium"),
		chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(patience),
	)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// tab is somebody's window with cookies of its own.
type tab struct {
	t    *testing.T
	name string
	ctx  context.Context

	mu       sync.Mutex
	problems []string // exceptions, errors on the console, refused resources
}

// openTab opens a window of the browser for a person of the demo, signs in with a
// click and goes to a thread.
func openTab(t *testing.T, browser context.Context, p *program, name, thread string) *tab {
	t.Helper()
	w := &tab{t: t, name: name}
	var cancel context.CancelFunc
	w.ctx, cancel = chromedp.NewContext(browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(w.listen))
	t.Cleanup(cancel)
	if err := chromedp.Do(w.ctx); err != nil { // a context's first run must not have a time limit
		t.Fatal(err)
	}
	w.do("open the page", chromedp.EmulateViewport(1280, 800), chromedp.Navigate(p.URL+"/forum"))
	w.see("the cards of the demo's people", `document.querySelectorAll('.demo-card').length > 1`)
	w.click("one's card", fmt.Sprintf(`[...document.querySelectorAll('.demo-card')].find(c => c.innerText.includes(%q))`, name))
	w.see("the list of threads", `document.querySelectorAll('a.thread-row').length > 0`)
	w.click("the thread", fmt.Sprintf(`[...document.querySelectorAll('a.thread-row')].find(r => r.innerText.includes(%q))`, thread))
	w.see("the thread's messages", `document.querySelectorAll('li[data-message]').length > 0`)
	return w
}

func (w *tab) listen(event any) {
	problem := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error()
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			for _, arg := range e.Args {
				problem += string(arg.Value) + arg.Description + " "
			}
		}
	}
	if problem != "" {
		w.mu.Lock()
		w.problems = append(w.problems, problem)
		w.mu.Unlock()
	}
}

// do runs actions that cannot fail.
func (w *tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatalf("%s: %s: %v", w.name, what, err)
	}
}

// evaluate returns the value of an expression of the page.
func evaluate[T any](w *tab, what, expression string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, func(p *runtime.EvaluateParams) { yes := true; p.AwaitPromise = &yes }))
	if err != nil {
		w.t.Fatalf("%s: %s: %v", w.name, what, err)
	}
	return value
}

// point is a place on the page, in CSS pixels.
type point struct{ X, Y float64 }

// see waits until an expression of the page is true.
func (w *tab) see(what, expression string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if evaluate[bool](w, what, "!!("+expression+")") {
			return
		}
		if time.Now().After(deadline) {
			text := evaluate[string](w, "read the page", "document.body.innerText")
			w.t.Fatalf("%s does not see %s\nproblems: %q\nthe page says:\n%s", w.name, what, w.problems, text)
		}
	}
}

// place finds the middle of an element once a click would reach it: when it has
// kept its place for two frames (a menu unfolds, a dialog rises, an image above
// arrives) and nothing lies over it. It is null until then.
const place = `(async find => {
	const frame = () => new Promise(requestAnimationFrame);
	const e = find();
	if (!e) return null;
	e.scrollIntoView({block: "nearest"});
	const before = e.getBoundingClientRect();
	await frame(); await frame();
	const r = e.getBoundingClientRect();
	if (r.width === 0 || r.x !== before.x || r.y !== before.y) return null;
	const at = {X: r.x + r.width / 2, Y: r.y + r.height / 2};
	return find() === e && e.contains(document.elementFromPoint(at.X, at.Y)) ? at : null;
})(() => %s)`

// click clicks the element that an expression of the page finds, with the mouse.
func (w *tab) click(what, expression string) {
	w.t.Helper()
	w.see(what, expression)
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if at := evaluate[*point](w, "find "+what, fmt.Sprintf(place, expression)); at != nil {
			w.do("click "+what, chromedp.MouseClickXY(at.X, at.Y))
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: %s is never where a click would reach it", w.name, what)
		}
	}
}

// typeText types into what has the focus, key by key.
func (w *tab) typeText(text string) { w.do("type", chromedp.KeyEvent(text)) }

// keys are the virtual key codes of those that press takes.
var keys = map[string]int64{"Enter": 13, "Tab": 9, "End": 35, "ArrowUp": 38}

// press presses a key that types nothing. It is told apart from typing because
// the protocol sends a key and its character separately: what a page does to keep
// Enter from making a new line would not be seen by the character.
func (w *tab) press(key string) {
	w.t.Helper()
	w.do("press "+key, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
			_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, input.DispatchKeyEventParams{
				Type: kind, Key: key, Code: key, WindowsVirtualKeyCode: keys[key],
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// message is the expression that finds a message by its text.
func message(text string) string {
	return fmt.Sprintf(`[...document.querySelectorAll('li[data-message]')].find(m => m.innerText.includes(%q))`, text)
}

// tools shows the tools of a message by pointing at it.
func (w *tab) tools(text string) {
	w.t.Helper()
	w.see("the message "+text, message(text))
	at := evaluate[point](w, "point at the message", fmt.Sprintf(`(e => {
		e.scrollIntoView({block: "nearest"});
		const r = e.querySelector(".message-main").getBoundingClientRect();
		return {X: r.x + 5, Y: r.y + r.height / 2};
	})(%s)`, message(text)))
	w.do("point at the message", chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y))
	w.see("the message's tools", message(text)+`?.querySelector(".message-tools")`)
}

const composer = `document.querySelector('.composer textarea')`

// TestTwoPeopleTalk has two people in two browsers write, edit, like and delete,
// and see each other do so at once; also after the server was killed.
func TestTwoPeopleTalk(t *testing.T) {
	p := serve(t, filepath.Join(t.TempDir(), "parley.db"), "--demo")
	window := browser(t)
	const thread = "Open workshop"
	ada := openTab(t, window, p, "Ada", thread)
	finn := openTab(t, window, p, "Finn", thread)

	ada.see("that two are here", `document.querySelector('.room-about')?.innerText.includes("2 here")`)
	ada.click("the composer", composer)
	ada.typeText("Hello Finn, this is *live*")
	finn.see("that Ada types", `document.querySelector('.typing')?.innerText.includes("Ada is typing")`)
	ada.press("Enter")
	finn.see("Ada's message", message("Hello Finn, this is live"))
	finn.see("its emphasis", message("Hello Finn")+`?.querySelector("em")?.textContent === "live"`)
	finn.see("that Ada stopped typing", `!document.querySelector('.typing').innerText.includes("Ada")`)

	finn.tools("Hello Finn")
	finn.click("Like", message("Hello Finn")+`?.querySelector('.message-tools button[aria-label="Like"]')`)
	ada.see("Finn's like", message("Hello Finn")+`?.querySelector('.message-footer')?.innerText.includes("1")`)

	ada.click("the composer", composer)
	ada.press("ArrowUp")
	ada.see("the editor", `document.activeElement.getAttribute("aria-label") === "Edit your message"`)
	ada.press("End")
	ada.typeText(" and edited")
	ada.press("Enter")
	finn.see("the edited message", message("this is live and edited"))

	finn.click("the composer", composer)
	finn.typeText("Hello @ad")
	finn.see("who could be meant", `[...document.querySelectorAll('[role="option"]')].some(o => o.innerText.includes("Ada"))`)
	finn.press("Tab")
	finn.typeText("!")
	finn.press("Enter")
	ada.see("that Finn means her", message("Hello @Ada")+`?.querySelector(".mention[data-user-id]")`)

	p.kill()
	p.start()
	ada.click("the composer", composer)
	ada.typeText("Still here?")
	ada.press("Enter")
	finn.see("the message after the crash", message("Still here?"))

	ada.tools("Still here?")
	ada.click("More", message("Still here?")+`?.querySelector('.message-more')`)
	ada.click("Delete", `[...document.querySelectorAll('[role="menuitem"]')].find(i => i.innerText.includes("Delete"))`)
	ada.click("the confirmation", `[...document.querySelectorAll('dialog button')].find(b => b.innerText.trim() === "Delete")`)
	finn.see("that it is gone", `!(`+message("Still here?")+`)`)

	ada.hadNoProblems()
	finn.hadNoProblems()
}

// hadNoProblems fails the test if the page threw or logged errors.
func (w *tab) hadNoProblems() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.problems) > 0 {
		w.t.Errorf("%s's page had problems:\n%s", w.name, strings.Join(w.problems, "\n"))
	}
}

// TestTheListShowsWhatHappensInOtherThreads has somebody write in the thread that
// stands last in another person's list.
func TestTheListShowsWhatHappensInOtherThreads(t *testing.T) {
	p := serve(t, filepath.Join(t.TempDir(), "parley.db"), "--demo")
	window := browser(t)
	finn := openTab(t, window, p, "Finn", "Open workshop")
	last := evaluate[string](finn, "the last thread's title", `[...document.querySelectorAll('.thread-row-title')].at(-1).textContent`)
	ada := openTab(t, window, p, "Ada", last)
	ada.click("the composer", composer)
	ada.typeText("Is anybody still here?")
	ada.press("Enter")
	rows := `[...document.querySelectorAll('a.thread-row')]`
	finn.see("the thread further up, with something unread", fmt.Sprintf(
		`%[1]s.slice(0, -1).some(r => r.querySelector('.thread-row-title').textContent === %[2]q && r.querySelector('.unread'))`, rows, last))
	ada.hadNoProblems()
	finn.hadNoProblems()
}
