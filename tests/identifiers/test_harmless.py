"""Harmless lines in which nothing may be found: school, shopping, dates, scores, identity and order numbers, small talk."""

from __future__ import annotations

import pytest

from saksi.identifiers import find_in

LINES = """
besok ulangan matematika jam 7.30 ya, bawa penggaris
PR halaman 45 nomor 3 sampai 10, dikumpul hari Senin
nilai rapor: mat 87, ipa 90, ips 85, inggris 92
kelas 10 IPA 2 juara 1 lomba cerdas cermat 2024
ujian susulan tanggal 12/08/2024 pukul 09.00
tahun ajaran 2024/2025 dimulai 15 Juli 2024
NIK 3201234567890123
NIK: 3201 2345 6789 0123
no KTP 3171012304980001
NPWP 01.234.567.8-901.000
NISN 0081234567
nis 08123456789
no resi JP0812345678901
resi 0812345678901 sudah dikirim
kode booking ABC123, kursi 14A
kode OTP 123456 jangan kasih siapa-siapa
token listrik 1234 5678 9012 3456 7890
no pelanggan 0812345678901
id pelanggan: 512345678901
INV/20240812/MPL/0812345678
order #0812345678 sudah dibayar
pesanan 240812ABCDEF sedang dikemas
nomor antrian A-0123
virtual account 0812345678901
plat B 1234 XYZ parkir di depan
ISBN 978-602-03-1234-5
IMEI 860123456789012
serial 0860-1234-5678
skor 3-1 babak kedua
menang 21-19 18-21 21-17
hasil pertandingan 2-2, penalti 4-3
Persib 3 vs 1 Persija menit 90+3
lari 10k minggu depan
video 4k lebih bagus
10k followers dalam sebulan
followers nambah 250k
3 juta orang nonton konser
penduduk 270 juta jiwa
2 ribu peserta
1,5 juta views dalam sehari
ribuan orang datang
jutaan bintang di langit
tekanan darah 120/80
suhu 36,5 derajat
umur 17 tahun
tinggi 165 cm berat 52 kg
ukuran 38 atau 39?
jarak 12,5 km dari rumah
beli telur 2 kg, beras 5 kg, minyak 2 liter
resep: 250 gr tepung, 3 butir telur, 100 ml susu
kamar 203 lantai 2
jalan mawar no 12 rt 03 rw 05 kode pos 40123
blok C12 nomor 8
alamat: Jl. Kenanga No. 45, Bandung 40115
bus jurusan 45, halte 3
kereta jam 05.45 sampai 09.15
pesawat GA-402 jam 13:25
libur 17-08-2024 sampai 20-08-2024
08-12-2024 10:30
08/12/2024 10.30 rapat
8.12.2024
20240812
2024-08-12T10:30:00
12 Agustus 2024 pukul 19.00 WIB
jam 08.12 sampai 20.24
08.00-12.00 masuk, 13.00-16.00 pulang
senin 08:00, selasa 09:00, rabu 10:30
1 2 3 4 5 6 7 8 9 10
0 8 1 2
satu dua tiga empat lima enam tujuh delapan sembilan sepuluh
satu dua tiga cek cek
dua puluh lima orang ikut
nol besar nilainya
kosong dua kursi di belakang
enam dua belas kali
3,14159265
1.234.567 suara sah
versi 10.0.19045.3803
192.168.100.200
0.8.6.0
koordinat -6.200000, 106.816666
-6.2087634, 106.845599
wkwkwkwkwkwkwkwkwkwkwkwkwkwkwkwkwkwk
hahahahahahahahahahahahahahahaha
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
IMG-20240812-WA0003.jpg (file terlampir)
VID-20240812-WA0010.mp4 (file terlampir)
PTT-20240812-WA0001.opus (file terlampir)
‎<terlampir: 00000035-PHOTO-2024-08-12-21-41-55.jpg>
Laporan Keuangan 2024.pdf • ‎2 halaman ‎dokumen tidak disertakan
tugas_akhir_v2_final.docx
data.xlsx sudah di folder
<Media tidak disertakan>
‎gambar tidak disertakan
Pesan ini telah dihapus
Panggilan suara tak terjawab pukul 20.15
Pesan dan panggilan terenkripsi secara end-to-end.
null
iya.oke.siap
udah.makan.belum
besok.my
begini.Jadi nanti kita
oh gitu.me too
S.Pd., M.Si.
dr.Andi praktek jam 5
PT.Maju Jaya
a.n. panitia
u.s.army
jam 5.30.nanti telat
oke..siap...makasih
titik.koma,seru!
@ rumah aja
@rumah lagi rebahan
@sekolah sampai sore
lagi @kantor
makan yuk @warung depan
@semua tolong baca
@everyone jangan lupa
aku @home
email nanti aja
ig nya siapa?
ig: apa?
line: belum ada
tele: ini
akun: dikunci
x: ya
wa nya mati
dana desa belum cair
dana bos tahun 2024
ovo nya lagi error
mandiri itu penting, belajar mandiri
permata hatiku
jago banget masaknya
blu warna kesukaanku
neo itu nama kucing
mega mendung batiknya bagus
BRI lagi antre panjang
BCA tutup jam 3
rekening belum jadi
rekeningnya nyusul ya
transfer besok ya
bayar di tempat aja
BCA 1500888
call center Mandiri 14000
hubungi 110 atau 129
darurat 112
halo 021
sms 123
OTP dari bank 654321
BCA 12/08/2024 10:30
mandiri 20240812
rapat BRI 08-12-2024
bayar tahun 2025
gaji bulan 12 2024
kirim 3 foto
kirim 12 lembar
total 15 orang
harga belum tahu
sewa 2 hari
isi 10 bungkus
diskon 50%
naik 12,5 persen
cicilan ke 3 dari 12
pinjam 2 buku
modal 100 lembar kain
rm padang sebelah
RM Sederhana
rm 01-2345
dolar naik lagi
rupiah melemah
juta kali maaf
sejuta kali terima kasih
sejuta sayang
seribu alasan
seribu cara
ribu ribut
perak mengilap
k oke
5 k
ok 1 k
lantai 2m
pagar 1,5 m
10 m lagi sampai
3D printer
mp3
covid19
g20
h-1
d4 akuntansi
b1 bahasa
2x sehari 1 tablet
3x4 = 12
1+1=2
10:5=2
50-50 deh
+1 setuju
+62 dong
(0)
+++
000
0000000000
1111111111
9999999999999
123456789
1234567890
12345678901234567890
0x1234
0xdeadbeef
bc1 itu apa
000201
000201010211
QR nya blur
https
http://
https://
www.
www
://
t.me
wa me
t me
a@b
@
@@
@_
...@...
$
$$$
Rp
Rp.
rp -
Rp 0
IDR
USD
k
rb
jt
😀😀😀
❤️❤️❤️
👍🏽 siap
🇮🇩 merdeka 17 8 45
1️⃣ buka aplikasi 2️⃣ klik daftar 3️⃣ selesai
① baca ② tulis ③ kumpulkan
٢٧/٣/٢٠٢٢
[27/3/22 21.41.35]
see you at 10
room 1204
chapter 3 page 120
born in 1998
flight at 6:45 am
version 2.0.1
call me later
line up at 7
add me to the list
mail it tomorrow
ratio 16:9
size 8.5
lat -6.2 long 106.8
ps5 game 60fps
1080p resolution
""".strip().split("\n")

# The rest is spelled from slots: times, dates, classes, scores, codes. Every line is a different one.
LINES += [f"rapat jam {h:02d}.{m:02d} ya" for h in range(6, 22) for m in (0, 15, 45)]
LINES += [f"[{d:02d}/{m:02d}/2024 {d:02d}.{m:02d}.10] catatan" for d in range(1, 29, 3) for m in range(1, 13, 3)]
LINES += [f"ulang tahun {d} {month} {year}" for d, month, year in zip(
    range(1, 29), ["Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli"] * 4, range(1990, 2018), strict=True)]
LINES += [f"skor {a}-{b}, set kedua {b + 3}-{a + 1}" for a in range(10, 22, 2) for b in range(9, 21, 2)]
LINES += [f"order {n} sudah sampai" for n in range(812345678, 812345678 + 50_000_000, 2_500_000)]
LINES += [f"NIK 32{n:02d}0112{n:02d}9800{n:02d}" for n in range(10, 60)]
LINES += [f"no resi 08{n}1234567" for n in range(110, 160, 2)]
LINES += [f"halaman {n} sampai {n + 12}, soal {n % 9 + 1}" for n in range(100, 160, 2)]
LINES += [f"kelas {n % 12 + 1} ruang {n} lantai {n % 4}" for n in range(101, 131)]


def test_there_are_enough_of_them() -> None:
    assert len(set(LINES)) >= 500


@pytest.mark.parametrize("platform", ["whatsapp", None])
def test_nothing_is_found(platform: str | None) -> None:
    wrong = [(text, [(h.kind, h.value) for h in find_in(text, platform)]) for text in LINES if find_in(text, platform)]
    assert wrong == []
