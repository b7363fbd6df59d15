package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
)

// sealed gives a session body of these chunks, the last one final.
func sealed(key []byte, chunks ...[]byte) []byte {
	var body bytes.Buffer
	w, err := NewChunkWriter(&body, key)
	for i, chunk := range chunks {
		w.held = append(w.held, chunk...)
		final := byte(0)
		if i == len(chunks)-1 {
			final = 1
		}
		if err == nil {
			err = w.chunk(final)
		}
	}
	if err != nil {
		panic(err) // a key of the wrong length in a job
	}
	return body.Bytes()
}

// Broken gives a session body that every receiver must refuse (nova.md, "Session"), by the name of what is wrong with it.
func Broken(name string, key []byte) ([]byte, error) {
	payload := bytes.Repeat([]byte("a session that must be refused. "), 100)
	stream := deflated(payload)
	half := len(stream) / 2
	whole := sealed(key, stream[:half], stream[half:])
	first := baseNonceSize + 5 + half + tagSize // where the second chunk begins
	switch name {
	case "empty body":
		return nil, nil
	case "cut in the base nonce":
		return whole[:5], nil
	case "no chunk":
		return whole[:baseNonceSize], nil
	case "no final chunk":
		return whole[:first], nil
	case "cut in a chunk header":
		return whole[:first+3], nil
	case "cut in a chunk":
		return whole[:len(whole)-1], nil
	case "bytes after the final chunk":
		return append(whole, 0), nil
	case "a chunk after the final chunk":
		return append(whole, whole[first:]...), nil
	case "chunks swapped":
		return append(append(bytes.Clone(whole[:baseNonceSize]), whole[first:]...), whole[baseNonceSize:first]...), nil
	case "final flag flipped":
		whole[baseNonceSize+4] = 1
		return whole, nil
	case "final flag 2":
		whole[baseNonceSize+4] = 2
		return whole, nil
	case "ciphertext changed":
		whole[len(whole)-20] ^= 1
		return whole, nil
	case "base nonce changed":
		whole[0] ^= 1
		return whole, nil
	case "another key":
		return sealed(hmacSHA256(key, nil), stream), nil
	case "chunk too long":
		return sealed(key, make([]byte, chunkSize+1)), nil
	case "chunk of 4 GiB":
		binary.BigEndian.PutUint32(whole[baseNonceSize:], 0xffffffff)
		return whole, nil
	case "chunk without room for its tag":
		return append(binary.BigEndian.AppendUint32(whole[:baseNonceSize], tagSize-1), make([]byte, tagSize)...), nil
	case "not zlib":
		return sealed(key, []byte("this is no zlib stream")), nil
	case "no zlib stream":
		return sealed(key, nil), nil
	case "zlib stream damaged":
		stream[half] ^= 0xff
		return sealed(key, stream), nil
	case "zlib checksum wrong":
		stream[len(stream)-1] ^= 1
		return sealed(key, stream), nil
	case "zlib stream cut":
		return sealed(key, stream[:len(stream)-1]), nil
	case "bytes after the zlib stream":
		return sealed(key, append(stream, 0)), nil
	case "zlib dictionary":
		var out bytes.Buffer
		w, err := zlib.NewWriterLevelDict(&out, zlib.BestCompression, []byte("a dictionary that nobody else has"))
		if err != nil {
			return nil, err
		}
		_, _ = w.Write(payload)
		_ = w.Close()
		return sealed(key, out.Bytes()), nil
	case "too much output":
		return sealed(key, deflatedChunks(64<<20+1)...), nil
	}
	return nil, fault("job", "no broken session is called %q", name)
}

func deflated(payload []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(payload)
	_ = w.Close()
	return out.Bytes()
}

// deflatedChunks gives so many zero bytes as a zlib stream cut into chunks.
func deflatedChunks(length int) (chunks [][]byte) {
	stream := deflated(make([]byte, length))
	for len(stream) > 0 {
		n := min(len(stream), chunkSize)
		chunks = append(chunks, stream[:n])
		stream = stream[n:]
	}
	return chunks
}
