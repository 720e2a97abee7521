"""Write a small PDF by hand: pages of lines in one font whose ToUnicode map names every letter (PDF 1.4)."""

from __future__ import annotations


def pdf(*pages: str) -> bytes:
    """Return a PDF that shows the lines of each page; at most 200 different letters."""
    letters = sorted({letter for page in pages for letter in page if letter != "\n"})
    codes = {letter: number for number, letter in enumerate(letters, 40)}
    kids = " ".join(f"{5 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 4 0 R >>",
        _stream(_map(codes)),
    ]
    for at, page in enumerate(pages):
        drawn = "\n".join(f"<{''.join(f'{codes[letter]:02x}' for letter in line)}> Tj T*" for line in page.split("\n"))
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {6 + 2 * at} 0 R "
            "/Resources << /Font << /F 3 0 R >> >> >>".encode()
        )
        objects.append(_stream(f"BT /F 10 Tf 14 TL 40 800 Td\n{drawn}\nET"))
    return _file(objects)


def _map(codes: dict[str, int]) -> str:
    rows = "\n".join(f"<{code:02x}> <{letter.encode('utf-16-be').hex()}>" for letter, code in codes.items())
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n1 begincodespacerange <00> <ff> "
        f"endcodespacerange\n{len(codes)} beginbfchar\n{rows}\nendbfchar endcmap end end"
    )


def _stream(text: str) -> bytes:
    return f"<< /Length {len(text)} >>\nstream\n{text}\nendstream".encode()


def _file(objects: list[bytes]) -> bytes:
    written, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\n"
    )
    return written + f"{end}startxref\n{len(written)}\n%%EOF\n".encode()
